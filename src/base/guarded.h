// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>
#include <utility>

namespace darkroom {

/// A value that can only be reached while its mutex is held.
template <class T>
class Guarded {
  public:
    class Lock {
      public:
        Lock(std::mutex& mutex, T& value) : lock_(mutex), value_(value) {}
        T& operator*() const { return value_; }
        T* operator->() const { return &value_; }

      private:
        std::unique_lock<std::mutex> lock_;
        T& value_;
    };

    Guarded() = default;
    explicit Guarded(T value) : value_(std::move(value)) {}

    [[nodiscard]] Lock lock() { return Lock(mutex_, value_); }

  private:
    std::mutex mutex_;
    T value_{};
};

}  // namespace darkroom
