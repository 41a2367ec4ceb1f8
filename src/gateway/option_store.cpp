// SPDX-License-Identifier: Apache-2.0
#include "gateway/option_store.h"

#include <algorithm>
#include <system_error>

#include "base/check.h"
#include "base/file.h"
#include "base/format.h"
#include "domain/tenant.h"
#include "json/json.h"
#include "telemetry/log.h"

namespace darkroom::gateway {
namespace {

constexpr std::size_t kMaxFile = std::size_t{1} << 20;
/// Beside the options in the file; none is called so.
constexpr const char* kVersion = "version";

StoredOptions read_options(const std::filesystem::path& path) {
    const auto text = read_file(path, kMaxFile);
    if (!text) return {};
    auto options = api::Options::from_json(*text);
    if (!options) {
        log::warning("options file is ignored", {{"reason", options.error().message}});
        return {};
    }
    const json::Value version = json::parse(*text).value()[kVersion];
    return {*std::move(options), version.is_integer() ? version.as_integer() : 0};
}

std::string file_text(const StoredOptions& stored) {
    json::Object file = stored.options.changes();
    file.set(kVersion, stored.version);
    return json::dump(std::move(file));
}

}  // namespace

std::filesystem::path OptionStore::path_of(const std::string& tenant) const {
    DARKROOM_CHECK(domain::check_tenant_name(tenant).has_value(), "tenant {}", tenant);
    return folder_ / (tenant + ".json");
}

StoredOptions OptionStore::get(const std::string& tenant) {
    const std::filesystem::path path = path_of(tenant);
    const auto all = options_.lock();
    const auto found = all->find(tenant);
    if (found != all->end()) return found->second;
    return all->emplace(tenant, read_options(path)).first->second;
}

Result<std::int64_t> OptionStore::set(
    const std::string& tenant,
    const api::Options& options,
    std::int64_t before,
    std::int64_t now_s) {
    const std::filesystem::path path = path_of(tenant);
    std::error_code ignored;
    std::filesystem::create_directories(folder_, ignored);
    const std::scoped_lock writing(writing_);
    const std::int64_t current = get(tenant).version;
    if (current != before) {
        return Error{
            ErrorCode::conflict,
            format("the options have changed meanwhile; their version is: {}", current),
            kVersion};
    }
    StoredOptions next{options, std::max(now_s, before + 1)};
    DARKROOM_TRY(write_file(path, file_text(next)));
    const std::int64_t version = next.version;
    options_.lock()->insert_or_assign(tenant, std::move(next));
    return version;
}

}  // namespace darkroom::gateway
