// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace darkroom::engine::cpu {

/// Shares independent pieces of work between the calling thread and threads of its own. Which
/// thread does which piece changes from run to run, so a piece's result must depend on the piece
/// alone. Used by one thread, the device thread.
///
/// Nobody is waited for who has not begun: on a machine that does something else, too, the caller
/// does what a thread without a core would have done. Between two runs the threads look out for
/// work for some microseconds, then sleep.
class Workers {
  public:
    /// Zero threads: one per core that this process may use.
    explicit Workers(int threads);
    ~Workers();
    Workers(const Workers&) = delete;
    Workers& operator=(const Workers&) = delete;

    /// The calling one included.
    [[nodiscard]] int threads() const { return static_cast<int>(others_.size()) + 1; }
    /// As the constructor. Not during a run.
    void set_threads(int threads);

    /// Calls work(piece, thread) for each piece in [0, pieces). `work` must not throw.
    template <class Work>
    void run(std::int64_t pieces, const Work& work) {
        if (others_.empty() || pieces <= 1) {
            for (std::int64_t piece = 0; piece < pieces; ++piece)
                work(piece, 0);
            return;
        }
        const auto call = [](const void* of, std::int64_t piece, int thread) {
            (*static_cast<const Work*>(of))(piece, thread);
        };
        share({call, &work, pieces});
    }

    /// Calls work(begin, end) for ranges of at most `grain` that cover [0, count).
    template <class Work>
    void run_ranges(std::int64_t count, std::int64_t grain, const Work& work) {
        run((count + grain - 1) / grain, [&](std::int64_t piece, int) {
            work(piece * grain, std::min(count, (piece + 1) * grain));
        });
    }

  private:
    struct Job {
        void (*call)(const void* work, std::int64_t piece, int thread) = nullptr;
        const void* work = nullptr;
        std::int64_t pieces = 0;
    };

    void share(const Job& job);
    void work_as(int thread);
    /// Takes pieces until there are none.
    void do_pieces(int thread);
    /// False when the job that was called out is over already.
    bool join();
    void leave();
    void wait_for_all();
    void start(int threads);
    void stop();

    /// Written while nobody has joined.
    Job job_;
    alignas(64) std::atomic<std::int64_t> next_piece_ = 0;
    /// kOpen while the job may be joined, plus the number of those who have.
    alignas(64) std::atomic<std::uint32_t> gate_ = 0;
    /// Counts jobs, for the threads to wait on.
    alignas(64) std::atomic<std::uint32_t> call_ = 0;
    std::atomic<bool> stopping_ = false;
    std::vector<std::thread> others_;
};

}  // namespace darkroom::engine::cpu
