// SPDX-License-Identifier: Apache-2.0
#include "gateway/route_access.h"

#include <algorithm>
#include <array>

namespace darkroom::gateway {
namespace {

struct Rule {
    std::string_view route;
    Access access;
};

constexpr std::array kRules = {
    Rule{"GET /healthz", Access::open},
    Rule{"GET /readyz", Access::open},
    Rule{"GET /metrics", Access::admin},

    Rule{"POST /login", Access::open},
    Rule{"POST /logout", Access::any},
    Rule{"POST /tickets", Access::any},
    // Signed.
    Rule{"GET /images/{key...}", Access::open},

    Rule{"POST /sdapi/v1/txt2img", Access::generate},
    Rule{"POST /sdapi/v1/img2img", Access::generate},
    Rule{"POST /sdapi/v1/extra-single-image", Access::generate},
    Rule{"POST /sdapi/v1/extra-batch-images", Access::generate},
    Rule{"POST /sdapi/v1/png-info", Access::generate},
    Rule{"GET /sdapi/v1/progress", Access::generate},
    Rule{"POST /sdapi/v1/interrupt", Access::generate},
    Rule{"GET /sdapi/v1/options", Access::generate},
    Rule{"POST /sdapi/v1/options", Access::generate},
    Rule{"GET /sdapi/v1/samplers", Access::generate},
    Rule{"GET /sdapi/v1/schedulers", Access::generate},
    Rule{"GET /sdapi/v1/sd-models", Access::generate},

    Rule{"POST /txt2img", Access::generate},
    Rule{"POST /img2img", Access::generate},
    Rule{"POST /extra_images", Access::generate},
    Rule{"GET /models", Access::generate},
    Rule{"GET /models/{name...}", Access::generate},
    Rule{"GET /thumbnails/{name...}", Access::generate},
    Rule{"POST /models", Access::models},
    Rule{"PUT /models/{name...}", Access::models},
    Rule{"DELETE /models/{name...}", Access::models},
    // Which scope it takes depends on what is uploaded.
    Rule{"POST /uploads", Access::any},
    Rule{"GET /uploads/{id}", Access::any},
    Rule{"HEAD /uploads/{id}", Access::any},
    Rule{"PUT /uploads/{id}", Access::any},
    Rule{"DELETE /uploads/{id}", Access::any},
    Rule{"GET /tasks", Access::generate},
    Rule{"GET /tasks/{taskId}/result", Access::generate},
    Rule{"GET /tasks/{taskId}/progress", Access::generate},
    Rule{"POST /tasks/{taskId}/cancellation", Access::generate},
    Rule{"GET /tasks/{taskId}/events", Access::generate},
    Rule{"DELETE /tasks/{taskId}", Access::generate},
    Rule{"GET /events", Access::generate},
    Rule{"GET /usage", Access::generate},
    Rule{"GET /webhooks", Access::generate},
    Rule{"POST /webhooks", Access::generate},
    Rule{"DELETE /webhooks/{id}", Access::generate},
    Rule{"POST /webhooks/{id}/rotation", Access::generate},
    Rule{"POST /webhooks/{id}/test", Access::generate},
    Rule{"GET /options", Access::generate},
    Rule{"POST /options", Access::generate},

    Rule{"GET /list/sdapi/functions", Access::generate},
    Rule{"GET /list/sdapi/fucntions", Access::generate},
    Rule{"POST /batch_update_sd_resource", Access::admin},
    Rule{"POST /del/sd/functions", Access::admin},
    Rule{"POST /restart", Access::admin},

    Rule{"GET /admin/keys", Access::admin},
    Rule{"POST /admin/keys", Access::admin},
    Rule{"DELETE /admin/keys/{id}", Access::admin},
    Rule{"GET /admin/users", Access::admin},
    Rule{"POST /admin/users", Access::admin},
    Rule{"DELETE /admin/users/{name}", Access::admin},
    Rule{"GET /admin/tenants/{name}", Access::admin},
    Rule{"PUT /admin/tenants/{name}", Access::admin},
    Rule{"GET /admin/audit", Access::admin},
};

}  // namespace

std::optional<Access> access_of(std::string_view route) {
    const auto* rule = std::ranges::find(kRules, route, &Rule::route);
    if (rule == kRules.end()) return std::nullopt;
    return rule->access;
}

}  // namespace darkroom::gateway
