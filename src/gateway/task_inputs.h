// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "api/extras_request.h"
#include "api/input_pictures.h"
#include "domain/generation.h"
#include "domain/task.h"
#include "gateway/gateway.h"

/// The pictures that came with a task: objects TENANT/TASK/0/..., which go with the task.
namespace darkroom::gateway {

// Fields of an image-to-image request.
inline constexpr std::string_view kPictureField = "init_images";
inline constexpr std::string_view kMaskField = "mask";

/// Puts the keys that store_inputs will use into what the task's row says.
void name_inputs(
    domain::InitImages& init, const domain::NewTask& task, const api::InputTexts& inputs);
void name_inputs(domain::Extras& extras, const domain::NewTask& task, std::size_t pictures);

/// Reads, checks and stores the pictures of a task under the keys that name_inputs gave it. Blocks.
/// Fails with invalid_argument and the field for what is no picture or too large, or as
/// ObjectStore::put; nothing is left behind then.
Result<void> store_inputs(
    storage::ObjectStore& objects,
    const domain::NewTask& task,
    const domain::Generation& generation,
    const api::InputTexts& inputs);

/// The same for pictures to be enlarged, whose results must not be too large either. Returns how
/// many pixels these have together.
Result<std::int64_t> store_inputs(
    storage::ObjectStore& objects, const domain::NewTask& task, const api::ExtrasRequest& request);

/// Judges the pictures as store_inputs does, without storing any, and returns the same. Blocks.
Result<std::int64_t> judge_inputs(
    storage::ObjectStore& objects, const std::string& tenant, const api::ExtrasRequest& request);

/// Takes back what store_inputs stored. Blocks.
void remove_inputs(storage::ObjectStore& objects, const domain::NewTask& task);

}  // namespace darkroom::gateway
