// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <utility>

namespace darkroom::engine {

class Backend;
class Storage;

/// Gets a storage back when its last handle is gone.
class StorageOwner {
  public:
    virtual void recycle(Storage* storage) = 0;

  protected:
    ~StorageOwner() = default;
};

/// A block of device memory, counted by its handles. Owned by an arena, which reuses it.
class Storage {
  public:
    Storage(Backend& backend, StorageOwner& owner, std::byte* data, std::size_t capacity)
        : backend_(&backend), owner_(&owner), data_(data), capacity_(capacity) {}

    [[nodiscard]] std::byte* data() const { return data_; }
    [[nodiscard]] std::size_t capacity_bytes() const { return capacity_; }
    [[nodiscard]] Backend& backend() const { return *backend_; }

    /// For the owner, while no handle exists.
    void rebind(std::byte* data, std::size_t capacity) {
        data_ = data;
        capacity_ = capacity;
    }

  private:
    friend class StorageRef;

    Backend* backend_;
    StorageOwner* owner_;
    std::byte* data_;
    std::size_t capacity_;
    std::atomic<int> references_ = 0;
};

/// Shared handle to a Storage.
class StorageRef {
  public:
    StorageRef() = default;
    explicit StorageRef(Storage* storage) : storage_(storage) { acquire(); }
    StorageRef(const StorageRef& other) : storage_(other.storage_) { acquire(); }
    StorageRef(StorageRef&& other) noexcept : storage_(std::exchange(other.storage_, nullptr)) {}
    StorageRef& operator=(StorageRef other) noexcept {
        std::swap(storage_, other.storage_);
        return *this;
    }
    ~StorageRef() { release(); }

    Storage* operator->() const { return storage_; }
    explicit operator bool() const { return storage_ != nullptr; }
    /// True when this is the only handle.
    [[nodiscard]] bool unique() const { return storage_ != nullptr && storage_->references_ == 1; }

  private:
    void acquire() const {
        if (storage_ != nullptr) ++storage_->references_;
    }
    void release() {
        if (storage_ != nullptr && --storage_->references_ == 0) {
            storage_->owner_->recycle(storage_);
        }
        storage_ = nullptr;
    }

    Storage* storage_ = nullptr;
};

}  // namespace darkroom::engine
