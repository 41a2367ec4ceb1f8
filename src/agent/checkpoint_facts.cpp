// SPDX-License-Identifier: Apache-2.0
#include "agent/checkpoint_facts.h"

#include "engine/catalog/checkpoint.h"

namespace darkroom::agent {

void checkpoint_facts(domain::ModelDescription& model) {
    const auto checkpoint = engine::Checkpoint::open(model.filename);
    if (!checkpoint) return;
    model.family = checkpoint->family().name;
    model.native_size =
        engine::native_size(checkpoint->family(), checkpoint->file().table().metadata);
}

}  // namespace darkroom::agent
