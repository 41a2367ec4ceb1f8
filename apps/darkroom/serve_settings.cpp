// SPDX-License-Identifier: Apache-2.0
#include "serve_settings.h"

#include <sys/resource.h>

#include <algorithm>

#include "base/format.h"
#include "domain/tenant.h"
#include "engine_setup.h"
#include "gateway/gateway.h"

namespace darkroom::app {
namespace {

bool is_loopback(const std::string& host) {
    return host == "localhost" || host == "::1" || host.starts_with("127.");
}

/// Event streams stay open, so thousands of connections are normal; each is a descriptor, and as
/// many again stay free for files.
std::size_t connection_limit() {
    constexpr rlim_t kMost = 16'384;
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return http::Limits{}.connections;
    rlimit wanted = limit;
    wanted.rlim_cur = std::max(limit.rlim_cur, std::min<rlim_t>(limit.rlim_max, 2 * kMost));
    if (setrlimit(RLIMIT_NOFILE, &wanted) == 0) limit = wanted;
    return std::min(limit.rlim_cur / 2, kMost);
}

}  // namespace

Result<void> check_settings(const ServeOptions& options) {
    if (options.host != "localhost") {
        const Result<http::IpAddress> host = http::IpAddress::parse(options.host);
        if (!host) return host.error().with_context("server.host");
    }
    for (const std::string& proxy : options.trusted_proxies) {
        const Result<http::IpAddress> address = http::IpAddress::parse(proxy);
        if (!address) return address.error().with_context("access.trusted_proxies");
    }
    const auto networks = http::AddressPolicy::with_networks(options.webhook_networks);
    if (!networks) return networks.error().with_context("webhooks.networks");
    for (const auto& tenant : options.retention.tenants) {
        const Result<void> name = domain::check_tenant_name(tenant.first);
        if (!name) return name.error().with_context("retention.tenant." + tenant.first);
    }
    DARKROOM_TRY(fetching_settings(options));
    DARKROOM_TRY(image_settings(options));
    DARKROOM_TRY(tls_settings(options));
    std::error_code error;
    if (!options.import_folder.empty() &&
        !std::filesystem::is_directory(options.import_folder, error)) {
        return Error{
            ErrorCode::not_found,
            format("--import-folder: no such folder: {}", options.import_folder.string())};
    }
    return {};
}

gateway::AccessOptions access_settings(const ServeOptions& options) {
    gateway::AccessOptions access;
    access.requires_credentials = options.requires_keys || !is_loopback(options.host);
    for (const std::string& proxy : options.trusted_proxies)
        access.forwarding.trusted_proxies.push_back(http::IpAddress::parse(proxy).value().text());
    access.forwarding.hosts.allowed = options.allowed_hosts;
    access.is_strict = options.compatibility == "strict";
    return access;
}

control::SchedulerOptions scheduler_settings(const ServeOptions& options) {
    control::SchedulerOptions scheduling;
    scheduling.limits.tasks = options.max_queued;
    scheduling.limits.tasks_per_tenant = options.max_queued_per_tenant;
    return scheduling;
}

scheduling::PoolPolicy pool_settings(const ServeOptions& options) {
    scheduling::PoolPolicy policy;
    policy.max_agents = options.max_agents;
    policy.spare_agents = options.spare_agents;
    policy.idle_s = options.idle_seconds;
    policy.memory_budget_bytes = options.memory_budget << 20;
    return policy;
}

cluster::ChildOptions agent_settings(const ServeOptions& options) {
    cluster::ChildOptions child;
    child.program = program_path().string();
    child.arguments = {"agent", "--cache", (options.data / "cache").string()};
    if (options.threads > 0) {
        child.arguments.insert(
            child.arguments.end(), {"--threads", std::to_string(options.threads)});
    }
    child.arguments.insert(child.arguments.end(), {"--dtype", options.dtype});
    child.arguments.insert(
        child.arguments.end(),
        {"--log-level", options.log_level, "--log-format", options.log_format});
    return child;
}

Result<control::ModelFetching> fetching_settings(const ServeOptions& options) {
    control::ModelFetching fetching;
    auto places = http::UrlPrefixes::parse(options.model_places);
    if (!places) return places.error().with_context("models.url_places");
    fetching.places = *std::move(places);
    auto policy = http::AddressPolicy::with_networks(options.model_networks);
    if (!policy) return policy.error().with_context("models.networks");
    fetching.client = http::OutgoingClient(*std::move(policy));
    return fetching;
}

Result<gateway::ImageFetching> image_settings(const ServeOptions& options) {
    gateway::ImageFetching fetching;
    auto places = http::UrlPrefixes::parse(options.image_places);
    if (!places) return places.error().with_context("images.url_places");
    fetching.places = *std::move(places);
    auto policy = http::AddressPolicy::with_networks(options.image_networks);
    if (!policy) return policy.error().with_context("images.networks");
    fetching.client = http::OutgoingClient(*std::move(policy));
    return fetching;
}

Result<std::shared_ptr<const http::TlsContext>> tls_settings(const ServeOptions& options) {
    using Context = std::shared_ptr<const http::TlsContext>;
    const bool has_certificate = !options.tls_certificate.empty();
    if (has_certificate == options.tls_key.empty()) {
        return Error{
            ErrorCode::invalid_argument,
            format(
                "TLS wants a certificate and its key: {} is missing",
                has_certificate ? "server.tls_key" : "server.tls_certificate")};
    }
    if (!has_certificate) return Context();
    DARKROOM_TRY_ASSIGN(
        http::TlsContext tls,
        http::TlsContext::of_server({options.tls_certificate, options.tls_key}));
    return Context(std::make_shared<const http::TlsContext>(std::move(tls)));
}

Result<http::ServerOptions> listening_settings(
    const ServeOptions& options, telemetry::Metrics& metrics) {
    http::ServerOptions listening;
    listening.address = options.host;
    listening.port = options.port;
    listening.hosts.allowed = options.allowed_hosts;
    listening.limits.connections = connection_limit();
    listening.render = gateway::render_problem;
    listening.observe = gateway::observer(metrics);
    DARKROOM_TRY_ASSIGN(listening.tls, tls_settings(options));
    return listening;
}

}  // namespace darkroom::app
