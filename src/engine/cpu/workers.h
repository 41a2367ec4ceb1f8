// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <omp.h>

#include <algorithm>
#include <cstdint>

namespace darkroom::engine::cpu {

/// Shares independent pieces of work among OpenMP threads. Which thread does which piece changes
/// from run to run, so a piece's result must depend on the piece alone.
class Workers {
  public:
    /// Zero threads: as many as OpenMP would take, usually one per core.
    explicit Workers(int threads) : threads_(threads > 0 ? threads : omp_get_max_threads()) {}

    [[nodiscard]] int threads() const { return threads_; }

    /// Calls work(piece, thread) for each piece in [0, pieces). `work` must not throw.
    template <class Work>
    void run(std::int64_t pieces, const Work& work) const {
        if (threads_ == 1 || pieces <= 1) {
            for (std::int64_t piece = 0; piece < pieces; ++piece)
                work(piece, 0);
            return;
        }
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads_)
        for (std::int64_t piece = 0; piece < pieces; ++piece)
            work(piece, omp_get_thread_num());
    }

    /// Calls work(begin, end) for ranges of at most `grain` that cover [0, count).
    template <class Work>
    void run_ranges(std::int64_t count, std::int64_t grain, const Work& work) const {
        run((count + grain - 1) / grain, [&](std::int64_t piece, int) {
            work(piece * grain, std::min(count, (piece + 1) * grain));
        });
    }

  private:
    int threads_;
};

}  // namespace darkroom::engine::cpu
