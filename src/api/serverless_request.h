// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/refusal.h"
#include "api/txt2img_request.h"
#include "domain/model.h"

/// Requests of the serverless Stable Diffusion API (serverless-sd-api.md 2.4).
namespace darkroom::api {

/// {"message": ...}: how that API says no. `task` is the caller's task, if there is one by then;
/// it adds "taskId" and "status":"failed".
Refusal message_refusal(int status, std::string message);
Refusal failed_task_refusal(int status, std::string_view task, std::string message);

/// The same answer in that API's shape: the texts of a 422's entries become one message, the
/// entries stay as "detail".
Refusal as_message(const Refusal& refusal);

/// A body of POST /txt2img or /img2img whose types are right.
struct ServerlessRequest {
    /// As asked for: a file name below the models folder, or any alias of A1111's.
    std::string checkpoint;
    PictureRequest request;
    /// Members that mean nothing here, as they were spelt.
    std::vector<std::string> unknown_fields;
};

/// Reads a body: A1111's fields (in any case), `stable_diffusion_model` (or
/// `StableDiffusionModel`), `sd_vae`, `save_dir`. Refuses with 400 what is no JSON object and an
/// absent checkpoint or picture to start from, with 422 fields of the wrong type.
Outcome<ServerlessRequest> parse_serverless(RequestKind kind, std::string_view body);

/// The checkpoint of that name: its path below the models folder, else its file name, else
/// find_model. Refuses with 404.
Outcome<const domain::ModelDescription*> serverless_model(
    std::span<const domain::ModelDescription> models, std::string_view checkpoint);

/// Sets the checkpoint that the request draws with, whatever its override_settings say.
void draw_with(Txt2imgRequest& request, const domain::ModelDescription& model);

/// The `taskId` header: the caller's own name for a task. Refuses with 400 what is no name.
Outcome<std::string> parse_task_name(std::string_view header);

}  // namespace darkroom::api
