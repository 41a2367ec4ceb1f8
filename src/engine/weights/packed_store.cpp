// SPDX-License-Identifier: Apache-2.0
#include "engine/weights/packed_store.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <cstring>

#include "base/check.h"
#include "base/file.h"
#include "base/format.h"
#include "base/random.h"
#include "base/sha256.h"
#include "engine/weights/shared_payloads.h"

namespace darkroom::engine {
namespace {

constexpr std::size_t kAlignment = 64;
constexpr std::string_view kMagic = "DRKPACK2";
constexpr std::size_t kMaxIndexBytes = std::size_t{64} << 20;
/// JSON of one index entry with a long key and tag.
constexpr std::size_t kIndexBytesPerEntry = 1024;

struct FileHeader {
    char magic[8];
    std::uint64_t index_offset;
    std::uint64_t index_size;
    std::uint32_t index_crc32;
    std::uint32_t zeros[9];
};
static_assert(sizeof(FileHeader) == kAlignment);

std::size_t aligned(std::size_t bytes) {
    return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

std::uint32_t crc32_of(std::span<const std::byte> bytes) {
    return static_cast<std::uint32_t>(
        ::crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

}  // namespace

std::size_t PackedStore::capacity_for(std::size_t payload_bytes, std::size_t entries) {
    return sizeof(FileHeader) + payload_bytes + entries * (kAlignment + kIndexBytesPerEntry) + 4096;
}

Result<std::shared_ptr<PackedStore>> PackedStore::create(
    const PackedIdentity& identity,
    std::size_t capacity_bytes,
    const std::optional<std::filesystem::path>& path) {
    std::shared_ptr<PackedStore> store(new PackedStore());
    store->identity_ = identity;
    store->path_ = path;
    store->capacity_ = capacity_bytes;
    store->used_ = sizeof(FileHeader);
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    if (path) {
        store->temporary_ = *path;
        store->temporary_ += "." + random_id().substr(0, 8);
        store->descriptor_ =
            ::open(store->temporary_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
        if (store->descriptor_ < 0) return system_error("cannot write", *path, errno);
        // Reserved now: writing into the map of a full disk would be a SIGBUS.
        const int failed =
            ::posix_fallocate(store->descriptor_, 0, static_cast<off_t>(capacity_bytes));
        if (failed != 0) return system_error("cannot write", *path, failed);
        flags = MAP_SHARED;
    }
    void* memory =
        ::mmap(nullptr, capacity_bytes, PROT_READ | PROT_WRITE, flags, store->descriptor_, 0);
    if (memory == MAP_FAILED) {
        return Error{
            ErrorCode::resource_exhausted,
            format("not enough memory for {} bytes of weights", capacity_bytes)};
    }
    store->memory_ = static_cast<std::byte*>(memory);
    return store;
}

Result<std::shared_ptr<PackedStore>> PackedStore::open(
    const std::filesystem::path& path, const PackedIdentity& identity) {
    DARKROOM_TRY_ASSIGN(std::shared_ptr<PackedStore> store, open_any(path));
    if (store->identity_ == identity) return store;
    return Error{
        ErrorCode::corrupt_input,
        format("weight cache {}: it belongs to another checkpoint or engine", path.string())};
}

Result<std::shared_ptr<PackedStore>> PackedStore::open_any(const std::filesystem::path& path) {
    DARKROOM_TRY_ASSIGN(Mapped mapped, map(path));
    const Result<void> taken = mapped.store->take_shared(mapped.index);
    if (!taken) return taken.error().with_context("weight cache " + path.string());
    return std::move(mapped.store);
}

Result<std::shared_ptr<PackedStore>> PackedStore::open_own(const std::filesystem::path& path) {
    DARKROOM_TRY_ASSIGN(Mapped mapped, map(path));
    return std::move(mapped.store);
}

Result<PackedStore::Mapped> PackedStore::map(const std::filesystem::path& path) {
    std::shared_ptr<PackedStore> store(new PackedStore());
    store->path_ = path;
    store->descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (store->descriptor_ < 0) return system_error("cannot open", path, errno);
    struct stat status {};
    if (::fstat(store->descriptor_, &status) != 0) return system_error("cannot read", path, errno);
    const auto size = static_cast<std::size_t>(status.st_size);
    if (size < sizeof(FileHeader)) {
        return Error{ErrorCode::corrupt_input, format("weight cache {} is damaged", path.string())};
    }
    void* memory = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, store->descriptor_, 0);
    if (memory == MAP_FAILED) return system_error("cannot map", path, errno);
    store->memory_ = static_cast<std::byte*>(memory);
    store->capacity_ = size;
    Result<PackedIndex> index = store->read_index();
    if (!index) return index.error().with_context("weight cache " + path.string());
    return Mapped{std::move(store), *std::move(index)};
}

PackedStore::~PackedStore() {
    if (memory_ != nullptr) ::munmap(memory_, capacity_);
    if (descriptor_ >= 0) ::close(descriptor_);
    if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

Result<PackedIndex> PackedStore::read_index() {
    const Error damaged{ErrorCode::corrupt_input, "the file is damaged"};
    FileHeader header{};
    std::memcpy(&header, memory_, sizeof header);
    if (std::string_view(header.magic, sizeof header.magic) != kMagic) return damaged;
    if (header.index_size > kMaxIndexBytes || header.index_offset > capacity_ ||
        header.index_size > capacity_ - header.index_offset) {
        return damaged;
    }
    const std::span<const std::byte> bytes(memory_ + header.index_offset, header.index_size);
    if (crc32_of(bytes) != header.index_crc32) return damaged;
    DARKROOM_TRY_ASSIGN(
        PackedIndex index,
        parse_packed_index(
            std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size())));
    for (const auto& [key, entry] : index.entries) {
        if (!entry.owner.empty()) continue;
        if (entry.offset_bytes % kAlignment != 0 || entry.offset_bytes > header.index_offset ||
            entry.size_bytes > header.index_offset - entry.offset_bytes) {
            return damaged;
        }
        entries_.emplace(
            key, Entry{entry.tag, entry.offset_bytes, entry.size_bytes, entry.sha256, {}});
    }
    identity_ = index.identity;
    used_ = header.index_offset;
    return index;
}

Result<void> PackedStore::take_shared(const PackedIndex& index) {
    std::map<std::string, SharedPayloads> owners;
    for (const auto& [key, entry] : index.entries) {
        if (entry.owner.empty()) continue;
        auto owner = owners.find(entry.owner);
        if (owner == owners.end()) {
            DARKROOM_TRY_ASSIGN(
                std::shared_ptr<const PackedStore> store,
                open_own(path_->parent_path() / entry.owner));
            owner = owners.try_emplace(entry.owner).first;
            owner->second.add(std::move(store));
        }
        Entry wanted{entry.tag, 0, entry.size_bytes, entry.sha256, {}};
        if (!owner->second.find(wanted)) {
            return Error{ErrorCode::corrupt_input, format("{} does not hold {}", entry.owner, key)};
        }
        entries_.emplace(key, std::move(wanted));
    }
    return {};
}

const PackedStore::Entry* PackedStore::find(std::string_view key) const {
    const auto found = entries_.find(key);
    return found == entries_.end() ? nullptr : &found->second;
}

std::span<std::byte> PackedStore::append(
    const std::string& key, std::string tag, std::size_t size_bytes) {
    const std::size_t offset = aligned(used_);
    DARKROOM_CHECK(offset + size_bytes <= capacity_, "the weight store is too small for {}", key);
    DARKROOM_CHECK(!entries_.contains(key), "{} is packed twice", key);
    used_ = offset + size_bytes;
    entries_.emplace(key, Entry{std::move(tag), offset, size_bytes});
    return {memory_ + offset, size_bytes};
}

void PackedStore::share_last(const std::string& key, const SharedPayloads& payloads) {
    const auto found = entries_.find(key);
    DARKROOM_CHECK(found != entries_.end(), "{} was not packed", key);
    Entry& entry = found->second;
    DARKROOM_CHECK(entry.offset_bytes + entry.size_bytes == used_, "{} is not the last", key);
    entry.sha256 = digest_of(entry);
    const std::size_t offset = entry.offset_bytes;
    if (payloads.find(entry)) used_ = offset;
}

std::string PackedStore::digest_of(const Entry& entry) const {
    Sha256 sha256;
    sha256.update(std::span(data(entry), entry.size_bytes));
    return sha256.hex();
}

Result<void> PackedStore::seal() {
    if (!path_) return {};
    PackedIndex index{identity_, {}};
    for (auto& [key, entry] : entries_) {
        if (entry.sha256.empty()) entry.sha256 = digest_of(entry);
        PackedIndex::Entry placed{entry.tag, entry.size_bytes, entry.sha256, entry.offset_bytes};
        if (entry.owner) placed.owner = entry.owner->path_->filename();
        index.entries.emplace(key, std::move(placed));
    }
    return publish(packed_index_json(index));
}

Result<void> PackedStore::publish(const std::string& index) {
    const std::size_t offset = aligned(used_);
    DARKROOM_CHECK(offset + index.size() <= capacity_, "no room for the index of packed weights");
    std::memcpy(memory_ + offset, index.data(), index.size());
    FileHeader header{};
    std::memcpy(header.magic, kMagic.data(), kMagic.size());
    header.index_offset = offset;
    header.index_size = index.size();
    header.index_crc32 = crc32_of(std::as_bytes(std::span(index)));
    std::memcpy(memory_, &header, sizeof header);
    // Nobody has touched the tail beyond the index, so cutting it off before publishing is safe.
    if (::ftruncate(descriptor_, static_cast<off_t>(offset + index.size())) != 0 ||
        ::fsync(descriptor_) != 0 || ::rename(temporary_.c_str(), path_->c_str()) != 0) {
        return system_error("cannot write", *path_, errno);
    }
    temporary_.clear();
    return {};
}

void PackedStore::read_ahead() const {
    static const auto kPage = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    for (const auto& [key, entry] : entries_) {
        const auto begin = reinterpret_cast<std::uintptr_t>(data(entry)) / kPage * kPage;
        const auto end = reinterpret_cast<std::uintptr_t>(data(entry)) + entry.size_bytes;
        // Advice: what cannot be read now is read when it is needed.
        (void)::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_WILLNEED);
    }
}

Result<void> PackedStore::verify() const {
    for (const auto& [key, entry] : entries_) {
        if (digest_of(entry) != entry.sha256) {
            const PackedStore& holder = entry.owner ? *entry.owner : *this;
            return Error{
                ErrorCode::corrupt_input,
                format("packed weights of {} are damaged: {}", key, holder.path_->string())};
        }
    }
    return {};
}

}  // namespace darkroom::engine
