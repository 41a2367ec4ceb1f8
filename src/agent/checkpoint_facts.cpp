// SPDX-License-Identifier: Apache-2.0
#include "agent/checkpoint_facts.h"

#include <algorithm>
#include <map>

#include "engine/catalog/checkpoint.h"

namespace darkroom::agent {
namespace {

/// The floating-point type that holds most bytes; empty when there is none.
std::string main_dtype(const engine::TensorTable& table) {
    std::map<engine::StoredType, std::size_t> bytes;
    for (const auto& [name, tensor] : table.tensors) {
        if (engine::is_floating(tensor.type)) bytes[tensor.type] += tensor.size_bytes;
    }
    const auto most = std::ranges::max_element(
        bytes, {}, &std::map<engine::StoredType, std::size_t>::value_type::second);
    return most == bytes.end() ? std::string() : std::string(engine::to_string(most->first));
}

}  // namespace

Result<domain::ModelFacts> checkpoint_facts(const std::filesystem::path& path) {
    DARKROOM_TRY_ASSIGN(const auto checkpoint, engine::Checkpoint::open(path));
    const engine::TensorTable& table = checkpoint.file().table();
    domain::ModelFacts facts;
    facts.family = checkpoint.family().name;
    facts.native_size = engine::native_size(checkpoint.family(), table.metadata);
    facts.dtype = main_dtype(table);
    return facts;
}

}  // namespace darkroom::agent
