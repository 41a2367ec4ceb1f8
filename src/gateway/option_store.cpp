// SPDX-License-Identifier: Apache-2.0
#include "gateway/option_store.h"

#include <system_error>

#include "base/check.h"
#include "base/file.h"
#include "domain/tenant.h"
#include "telemetry/log.h"

namespace darkroom::gateway {
namespace {

constexpr std::size_t kMaxFile = std::size_t{1} << 20;

}  // namespace

std::filesystem::path OptionStore::path_of(const std::string& tenant) const {
    DARKROOM_CHECK(domain::check_tenant_name(tenant).has_value(), "tenant {}", tenant);
    return folder_ / (tenant + ".json");
}

api::Options OptionStore::get(const std::string& tenant) {
    const std::filesystem::path path = path_of(tenant);
    const auto all = options_.lock();
    const auto found = all->find(tenant);
    if (found != all->end()) return found->second;
    api::Options options;
    const auto text = read_file(path, kMaxFile);
    if (text) {
        auto parsed = api::Options::from_json(*text);
        if (parsed) {
            options = *std::move(parsed);
        } else {
            log::warning("options file is ignored", {{"reason", parsed.error().message}});
        }
    }
    all->emplace(tenant, options);
    return options;
}

Result<void> OptionStore::set(const std::string& tenant, const api::Options& options) {
    const std::filesystem::path path = path_of(tenant);
    std::error_code ignored;
    std::filesystem::create_directories(folder_, ignored);
    const auto all = options_.lock();
    DARKROOM_TRY(write_file(path, options.to_json()));
    all->insert_or_assign(tenant, options);
    return {};
}

}  // namespace darkroom::gateway
