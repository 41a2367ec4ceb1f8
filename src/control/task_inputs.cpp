// SPDX-License-Identifier: Apache-2.0
#include "control/task_inputs.h"

#include "cluster/agent_protocol.h"

namespace darkroom::control {

Result<TaskInputs> read_inputs(
    storage::ObjectStore& objects, const std::vector<std::string>& keys) {
    TaskInputs inputs;
    for (const std::string& text : keys) {
        DARKROOM_TRY_ASSIGN(const storage::ObjectKey key, storage::ObjectKey::parse(text));
        DARKROOM_TRY_ASSIGN(const std::vector<std::byte> file, objects.get(key));
        if (file.size() > cluster::kMaxFramePayloadBytes - inputs.bytes.size()) {
            return Error{ErrorCode::payload_too_large, "the pictures of the request are too large"};
        }
        inputs.sizes.push_back(file.size());
        inputs.bytes.insert(inputs.bytes.end(), file.begin(), file.end());
    }
    return inputs;
}

}  // namespace darkroom::control
