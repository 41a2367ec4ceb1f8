// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "base/guarded.h"
#include "base/result.h"
#include "storage/completion.h"
#include "storage/sqlite/connection.h"

namespace darkroom::storage {

/// The one thread that uses a connection. It takes whatever waits and runs it in one transaction;
/// only when that has ended are the callers told. To write, each operation has a savepoint, and one
/// commit is for all of them.
class ConnectionThread {
  public:
    struct Counters {
        std::uint64_t operations = 0;
        /// Transactions they took.
        std::uint64_t commits = 0;
    };

    enum class Access {
        /// Never waits for those who write; sees what was committed when the batch began.
        read,
        write,
    };

    ConnectionThread(Connection connection, Access access);

    /// Finishes everything that was enqueued. Not from a completion.
    ~ConnectionThread();
    ConnectionThread(const ConnectionThread&) = delete;
    ConnectionThread& operator=(const ConnectionThread&) = delete;

    /// Runs `work` on the thread. A failed one is rolled back alone. `done` gets its
    /// result after COMMIT, or the error that the transaction ended with. From any thread.
    template <class T>
    void enqueue(std::function<Result<T>(Connection&)> work, Completion<T> done) {
        add(std::make_unique<TypedOperation<T>>(std::move(work), std::move(done)));
    }

    [[nodiscard]] Counters counters() const;

  private:
    class Operation {
      public:
        virtual ~Operation() = default;
        virtual Result<void> run(Connection& connection) = 0;
        virtual void finish(const Result<void>& committed) = 0;
    };

    template <class T>
    class TypedOperation final : public Operation {
      public:
        TypedOperation(std::function<Result<T>(Connection&)> work, Completion<T> done)
            : work_(std::move(work)), done_(std::move(done)) {}

        Result<void> run(Connection& connection) override {
            try {
                outcome_.emplace(work_(connection));
            } catch (const std::exception& error) {
                outcome_.emplace(Error{ErrorCode::internal, error.what()});
            }
            if (outcome_->has_value()) return {};
            return outcome_->error();
        }

        void finish(const Result<void>& committed) override {
            done_(committed ? std::move(*outcome_) : Result<T>(committed.error()));
        }

      private:
        std::function<Result<T>(Connection&)> work_;
        Completion<T> done_;
        std::optional<Result<T>> outcome_;
    };

    using Operations = std::deque<std::unique_ptr<Operation>>;

    struct Queue {
        Operations waiting;
        bool is_closed = false;
    };

    void add(std::unique_ptr<Operation> operation);
    void loop();
    /// Blocks until there is work; empty when the queue was closed and is drained.
    Operations next_batch();
    Result<void> commit(const Operations& batch);
    Result<void> run_transaction(const Operations& batch);
    /// Fails only when the whole transaction is lost.
    Result<void> run_in_savepoint(Operation& operation);

    Connection connection_;
    Access access_;
    Guarded<Queue> queue_;
    /// Counts changes of the queue, for the thread to wait on.
    std::atomic<std::uint32_t> changes_ = 0;
    std::atomic<std::uint64_t> operations_ = 0;
    std::atomic<std::uint64_t> commits_ = 0;
    std::thread thread_;
};

}  // namespace darkroom::storage
