// SPDX-License-Identifier: Apache-2.0
#include "integration/checkpoint_file.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <stdexcept>

#include "base/file.h"

namespace darkroom::integration {
namespace {

constexpr std::size_t kMaxFile = std::size_t{256} << 20;
constexpr std::size_t kPrefix = sizeof(std::uint64_t);

}  // namespace

CheckpointFile CheckpointFile::read(const std::filesystem::path& path) {
    const std::string file = read_file(path, kMaxFile).value();
    if (file.size() < kPrefix) throw std::out_of_range(path.string());
    std::uint64_t header_bytes = 0;
    std::memcpy(&header_bytes, file.data(), kPrefix);
    const json::Value header = json::parse(file.substr(kPrefix, header_bytes)).value();
    const std::size_t data = kPrefix + header_bytes;
    CheckpointFile checkpoint;
    for (const auto& [name, value] : header.as_object()) {
        if (name == "__metadata__") continue;
        const auto begin = static_cast<std::size_t>(value["data_offsets"][0].as_integer());
        const auto end = static_cast<std::size_t>(value["data_offsets"][1].as_integer());
        checkpoint.entries_.push_back(
            {name,
             value["dtype"].as_string(),
             value["shape"],
             file.substr(data + begin, end - begin)});
    }
    return checkpoint;
}

CheckpointFile::Entry& CheckpointFile::at(const std::string& name) {
    const auto found = std::ranges::find(entries_, name, &Entry::name);
    if (found == entries_.end()) throw std::out_of_range(name);
    return *found;
}

void CheckpointFile::erase(const std::string& name) {
    if (std::erase_if(entries_, [&](const Entry& entry) { return entry.name == name; }) == 0)
        throw std::out_of_range(name);
}

void CheckpointFile::write(const std::filesystem::path& path) const {
    json::Object header;
    std::string data;
    for (const Entry& entry : entries_) {
        const std::uint64_t begin = data.size();
        data += entry.bytes;
        header.append(
            entry.name,
            json::Object{
                {"dtype", entry.dtype},
                {"shape", entry.shape},
                {"data_offsets", json::Array{begin, std::uint64_t{data.size()}}}});
    }
    std::string text = json::dump(header);
    text.resize((text.size() + kPrefix - 1) / kPrefix * kPrefix, ' ');
    const std::uint64_t header_bytes = text.size();
    std::string file(kPrefix, '\0');
    std::memcpy(file.data(), &header_bytes, kPrefix);
    file += text + data;
    const Result<void> written = write_file(path, file);
    if (!written) throw std::runtime_error(written.error().message);
}

}  // namespace darkroom::integration
