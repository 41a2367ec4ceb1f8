// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "api/input_pictures.h"
#include "domain/generation.h"
#include "domain/task.h"
#include "gateway/gateway.h"

/// The pictures that a task starts from: objects TENANT/TASK/0/..., which go with the task.
namespace darkroom::gateway {

/// Puts the keys that store_inputs will use into the generation.
void name_inputs(
    domain::InitImages& init, const domain::NewTask& task, const api::InputTexts& inputs);

/// Reads, checks and stores the pictures of a task under the keys that name_inputs gave it. Blocks.
/// Fails with invalid_argument and the field for what is no picture or too large, or as
/// ObjectStore::put; nothing is left behind then.
Result<void> store_inputs(
    storage::ObjectStore& objects,
    const domain::NewTask& task,
    const domain::Generation& generation,
    const api::InputTexts& inputs);

/// Takes back what store_inputs stored. Blocks.
void remove_inputs(storage::ObjectStore& objects, const domain::NewTask& task);

}  // namespace darkroom::gateway
