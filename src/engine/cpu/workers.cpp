// SPDX-License-Identifier: Apache-2.0
#include "engine/cpu/workers.h"

#include <sched.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "base/check.h"

namespace darkroom::engine::cpu {
namespace {

constexpr std::uint32_t kOpen = std::uint32_t{1} << 31;
/// Looks before a thread sleeps. The gaps between two operations of a network are shorter than the
/// time that these take, those between two pictures are not.
constexpr int kLooks = 4000;

void pause_briefly() {
#if defined(__x86_64__)
    _mm_pause();
#endif
}

/// Cores that this process may use.
int cores() {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (::sched_getaffinity(0, sizeof(set), &set) != 0) return 1;
    return std::max(1, CPU_COUNT(&set));
}

}  // namespace

Workers::Workers(int threads) {
    start(threads);
}

Workers::~Workers() {
    stop();
}

void Workers::set_threads(int threads) {
    stop();
    start(threads);
}

void Workers::start(int threads) {
    const int wanted = threads > 0 ? threads : cores();
    for (int thread = 1; thread < wanted; ++thread)
        others_.emplace_back([this, thread] { work_as(thread); });
}

void Workers::stop() {
    stopping_ = true;
    call_.fetch_add(1);
    call_.notify_all();
    for (std::thread& other : others_)
        other.join();
    others_.clear();
    stopping_ = false;
}

void Workers::share(const Job& job) {
    DARKROOM_CHECK(gate_.load() == 0, "workers are used by two threads, or from within a run");
    job_ = job;
    next_piece_.store(0, std::memory_order_relaxed);
    gate_.store(kOpen, std::memory_order_release);
    call_.fetch_add(1);
    call_.notify_all();
    do_pieces(0);
    gate_.fetch_and(~kOpen, std::memory_order_acq_rel);
    wait_for_all();
}

void Workers::do_pieces(int thread) {
    while (true) {
        const std::int64_t piece = next_piece_.fetch_add(1, std::memory_order_relaxed);
        if (piece >= job_.pieces) return;
        job_.call(job_.work, piece, thread);
    }
}

void Workers::work_as(int thread) {
    std::uint32_t seen = 0;
    while (true) {
        std::uint32_t called = call_.load();
        for (int look = 0; look < kLooks && called == seen; ++look) {
            pause_briefly();
            called = call_.load();
        }
        while (called == seen) {
            call_.wait(seen);
            called = call_.load();
        }
        seen = called;
        if (stopping_) return;
        if (!join()) continue;
        do_pieces(thread);
        leave();
    }
}

bool Workers::join() {
    std::uint32_t gate = gate_.load(std::memory_order_acquire);
    while ((gate & kOpen) != 0) {
        if (gate_.compare_exchange_weak(gate, gate + 1, std::memory_order_acq_rel)) return true;
    }
    return false;
}

void Workers::leave() {
    // The caller sleeps only once the gate is closed.
    if (gate_.fetch_sub(1, std::memory_order_acq_rel) == 1) gate_.notify_one();
}

void Workers::wait_for_all() {
    for (int look = 0; look < kLooks; ++look) {
        if (gate_.load(std::memory_order_acquire) == 0) return;
        pause_briefly();
    }
    for (std::uint32_t gate = gate_.load(); gate != 0; gate = gate_.load())
        gate_.wait(gate);
}

}  // namespace darkroom::engine::cpu
