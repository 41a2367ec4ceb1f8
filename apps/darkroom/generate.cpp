// SPDX-License-Identifier: Apache-2.0
#include "generate.h"

#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <system_error>

#include "base/file.h"
#include "base/format.h"
#include "console.h"

namespace darkroom::app {
namespace {

bool parse_extent(std::string_view text, std::int64_t& extent) {
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), extent);
    return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size() && extent > 0;
}

}  // namespace

Result<PictureSize> parse_size(const std::string& text) {
    PictureSize size;
    const std::size_t x = text.find('x');
    const std::string_view view = text;
    if (x == std::string::npos || !parse_extent(view.substr(0, x), size.width) ||
        !parse_extent(view.substr(x + 1), size.height)) {
        return Error{
            ErrorCode::invalid_argument,
            format("--size must be WIDTHxHEIGHT in pixels, such as 512x768, not {}", text)};
    }
    return size;
}

std::vector<std::filesystem::path> output_paths(
    const std::filesystem::path& output, std::size_t count) {
    if (count <= 1) return {output};
    std::vector<std::filesystem::path> paths;
    for (std::size_t i = 1; i <= count; ++i) {
        const std::string name =
            format("{}-{}{}", output.stem().string(), i, output.extension().string());
        paths.push_back(output.parent_path() / name);
    }
    return paths;
}

Result<void> check_output(const std::filesystem::path& output) {
    const std::filesystem::path folder = output.has_parent_path() ? output.parent_path() : ".";
    std::error_code ignored;
    if (!std::filesystem::is_directory(folder, ignored)) {
        return Error{
            ErrorCode::not_found, format("-o: the folder {} does not exist", folder.string())};
    }
    if (std::filesystem::is_directory(output, ignored)) {
        return Error{
            ErrorCode::invalid_argument,
            format("-o: {} is a folder; name a file", output.string())};
    }
    // Permissions alone do not tell: the file system may be read-only, the user may be root.
    std::string probe = (folder / ".darkroom-XXXXXX").string();
    const int file = ::mkstemp(probe.data());
    if (file < 0) {
        const std::string reason = std::generic_category().message(errno);
        return Error{
            ErrorCode::permission_denied,
            format("-o: the folder {} cannot be written: {}", folder.string(), reason)};
    }
    ::close(file);
    ::unlink(probe.c_str());
    return {};
}

Result<void> write_pictures(
    const std::filesystem::path& output, const std::vector<std::vector<std::byte>>& files) {
    const std::vector<std::filesystem::path> paths = output_paths(output, files.size());
    for (std::size_t i = 0; i < files.size(); ++i) {
        DARKROOM_TRY(write_file(paths[i], files[i]));
        fmt::print("{}\n", paths[i].string());
    }
    return {};
}

int generate(const GenerateOptions& options) {
    const Result<void> writable = check_output(options.output);
    if (!writable) {
        print_error(writable.error());
        return kFailure;
    }
    const auto files =
        options.server.empty() ? generate_here(options) : generate_on_server(options);
    if (!files) {
        print_error(files.error());
        return files.error().code == ErrorCode::invalid_argument ? kUsage : kFailure;
    }
    const Result<void> written = write_pictures(options.output, *files);
    if (!written) {
        print_error(written.error());
        return kFailure;
    }
    return kSuccess;
}

}  // namespace darkroom::app
