// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/refusal.h"
#include "api/txt2img_request.h"
#include "gateway/gateway.h"

/// The route groups that add_routes is made of.
namespace darkroom::gateway {

void add_a1111_routes(http::Router& router, Parts& parts);
void add_function_routes(http::Router& router, Parts& parts);
void add_serverless_routes(http::Router& router, Parts& parts);
void add_task_routes(http::Router& router, Parts& parts);
void add_model_routes(http::Router& router, Parts& parts);
void add_upload_routes(http::Router& router, Parts& parts);
void add_removal_routes(http::Router& router, Parts& parts);
void add_event_routes(http::Router& router, Parts& parts);
void add_usage_routes(http::Router& router, Parts& parts);
void add_webhook_routes(http::Router& router, Parts& parts);
void add_option_routes(http::Router& router, Parts& parts);
void add_session_routes(http::Router& router, Parts& parts);
void add_admin_routes(http::Router& router, Parts& parts);
void add_operations_routes(http::Router& router, Parts& parts);

/// POST /sdapi/v1/txt2img and img2img.
boost::asio::awaitable<http::Response> draw_pictures(
    Parts& parts, api::RequestKind kind, http::Request request);

/// POST /sdapi/v1/extra-single-image and extra-batch-images.
boost::asio::awaitable<http::Response> extra_single_image(Parts& parts, http::Request request);
boost::asio::awaitable<http::Response> extra_batch_images(Parts& parts, http::Request request);

/// POST /sdapi/v1/png-info.
boost::asio::awaitable<http::Response> png_info(Parts& parts, http::Request request);

/// {"message": ...} for a failed change of models or uploads: 422 for what the client said or sent,
/// 507 for a full disk, else the error's own status.
api::Refusal model_refusal(const Error& error);

http::Response respond(const api::Refusal& refusal);
http::Response respond(const json::Value& body);

}  // namespace darkroom::gateway
