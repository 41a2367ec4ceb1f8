// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <iostream>

#include "base/format.h"
#include "command.h"
#include "config/configuration.h"
#include "config/document.h"
#include "console.h"
#include "serve_settings.h"

namespace darkroom::app {
namespace {

namespace fs = std::filesystem;

/// The variables that may be settings.
std::map<std::string, std::string> environment() {
    std::map<std::string, std::string> found;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string text = *entry;
        const std::size_t end = text.find('=');
        if (!text.starts_with("DARKROOM_") || end == std::string::npos) continue;
        found.emplace(text.substr(0, end), text.substr(end + 1));
    }
    return found;
}

config::Loaded load(const fs::path& file, std::vector<config::FlagValue> flags) {
    config::Sources sources{.environment = environment(), .flags = std::move(flags)};
    if (!file.empty()) sources.file = file;
    return config::load(config::server_settings(), sources);
}

/// The days under `section`, or those of `fallback` where the file gives none. 0 is for ever.
control::RetentionAges retention_ages(
    const config::Configuration& configuration,
    const std::string& section,
    const control::RetentionAges& fallback) {
    const auto age_of = [&](const char* name, std::optional<std::chrono::milliseconds> otherwise)
        -> std::optional<std::chrono::milliseconds> {
        const auto days = configuration.find_integer(section + name);
        if (!days) return otherwise;
        if (*days == 0) return std::nullopt;
        return std::chrono::hours(24 * *days);
    };
    return {
        .tasks = age_of(".task_days", fallback.tasks),
        .pictures = age_of(".picture_days", fallback.pictures)};
}

control::RetentionPolicy retention_policy(const config::Configuration& configuration) {
    control::RetentionPolicy policy;
    policy.fallback = retention_ages(configuration, "retention", {});
    policy.period = std::chrono::minutes(configuration.integer("retention.sweep_minutes"));
    const std::string tenants = "retention.tenant";
    for (const std::string& tenant : configuration.names_below(tenants)) {
        policy.tenants[tenant] =
            retention_ages(configuration, format("{}.{}", tenants, tenant), policy.fallback);
    }
    return policy;
}

ServeOptions serve_options(const config::Configuration& configuration) {
    ServeOptions options;
    options.host = configuration.text("server.host");
    options.port = static_cast<std::uint16_t>(configuration.integer("server.port"));
    options.data = configuration.text("storage.data");
    options.models = configuration.text("storage.models");
    options.allowed_hosts = configuration.text_list("server.allowed_hosts");
    options.tls_certificate = configuration.text("server.tls_certificate");
    options.tls_key = configuration.text("server.tls_key");
    options.drain_seconds = configuration.integer("server.drain_seconds");
    options.max_queued = configuration.integer("queue.tasks");
    options.max_queued_per_tenant = configuration.integer("queue.tasks_per_tenant");
    options.import_folder = configuration.text("storage.import_folder");
    options.max_agents = configuration.integer("agents.most");
    options.spare_agents = configuration.integer("agents.spare");
    options.idle_seconds = static_cast<double>(configuration.integer("agents.idle_seconds"));
    options.memory_budget = static_cast<std::uint64_t>(configuration.integer("agents.memory_mib"));
    options.minimum_free_bytes =
        static_cast<std::uint64_t>(configuration.integer("storage.minimum_free_mib")) << 20;
    options.retention = retention_policy(configuration);
    options.model_places = configuration.text_list("models.url_places");
    options.model_networks = configuration.text_list("models.networks");
    options.image_places = configuration.text_list("images.url_places");
    options.image_networks = configuration.text_list("images.networks");
    options.webhook_networks = configuration.text_list("webhooks.networks");
    options.log_level = configuration.text("log.level");
    options.log_format = configuration.text("log.format");
    options.threads = static_cast<int>(configuration.integer("engine.threads"));
    options.requires_keys = configuration.boolean("access.require_keys");
    options.compatibility = configuration.text("access.compat");
    options.trusted_proxies = configuration.text_list("access.trusted_proxies");
    options.dtype = configuration.text("engine.dtype");
    return options;
}

}  // namespace

int serve_configured(const ServeFlags& flags) {
    std::vector<config::FlagValue> given;
    for (const auto& [flag, texts] : flags.values) {
        for (const std::string& text : texts)
            given.emplace_back(flag, text);
    }
    const config::Loaded loaded = load(flags.file, std::move(given));
    if (loaded.problems.empty()) return serve(serve_options(loaded.configuration));
    std::cerr << config::render(loaded.problems);
    return kUsage;
}

int config_check(const ConfigOptions& options) {
    const config::Loaded loaded = load(options.file, {});
    std::cerr << config::render(loaded.problems);
    if (!loaded.problems.empty()) return kFailure;
    const Result<void> judged = check_settings(serve_options(loaded.configuration));
    if (judged) return kSuccess;
    print_error(judged.error());
    return kFailure;
}

int config_show(const ConfigOptions& options) {
    const config::Loaded loaded = load(options.file, {});
    std::cerr << config::render(loaded.problems);
    std::cout << config::show(config::server_settings(), loaded.configuration);
    return loaded.problems.empty() ? kSuccess : kFailure;
}

int config_docs(const ConfigOptions& /*options*/) {
    std::cout << config::document(config::server_settings());
    return kSuccess;
}

}  // namespace darkroom::app
