// SPDX-License-Identifier: Apache-2.0
#include "gateway/option_store.h"

#include <algorithm>
#include <system_error>

#include "base/check.h"
#include "base/file.h"
#include "telemetry/log.h"

namespace darkroom::gateway {
namespace {

constexpr std::size_t kMaxFile = std::size_t{1} << 20;

bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

}  // namespace

std::filesystem::path OptionStore::path_of(const std::string& tenant) const {
    DARKROOM_CHECK(
        !tenant.empty() && std::ranges::all_of(tenant, is_word), "tenant {} is no word", tenant);
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
