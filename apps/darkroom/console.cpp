// SPDX-License-Identifier: Apache-2.0
#include "console.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "base/format.h"

namespace darkroom::app {
namespace {

constexpr std::int64_t kCells = 24;

std::string line_of(
    std::string_view phase, std::int64_t done, std::int64_t total, double per_second) {
    if (total <= 0) return std::string(phase);
    const std::int64_t filled = std::clamp<std::int64_t>(done * kCells / total, 0, kCells);
    std::string bar;
    for (std::int64_t i = 0; i < kCells; ++i)
        bar += i < filled ? "#" : ".";
    std::string line = format("{:<9} [{}] {}/{}", phase, bar, done, total);
    if (per_second > 0) {
        line += format(
            "  {:.2f} it/s  ETA {:.0f} s",
            per_second,
            static_cast<double>(total - done) / per_second);
    }
    return line;
}

}  // namespace

void print_error(std::string_view message) {
    std::fprintf(stderr, "darkroom: %.*s\n", static_cast<int>(message.size()), message.data());
}

void print_error(const Error& error) {
    const bool named = error.field.empty() || error.message.find(error.field) != std::string::npos;
    print_error(named ? error.message : error.field + ": " + error.message);
}

ProgressBar::ProgressBar()
    : terminal_(::isatty(STDERR_FILENO) == 1), begin_(std::chrono::steady_clock::now()) {}

ProgressBar::~ProgressBar() {
    finish();
}

void ProgressBar::show(std::string_view phase, std::int64_t done, std::int64_t total) {
    if (phase != last_phase_) {
        last_phase_ = phase;
        last_tenth_ = -1;
        begin_ = std::chrono::steady_clock::now();
        first_done_ = done;
    }
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
    const double rate = seconds > 0 ? static_cast<double>(done - first_done_) / seconds : 0.0;
    const std::string line = line_of(phase, done, total, rate);
    if (terminal_) {
        std::fprintf(stderr, "\r\033[K%s", line.c_str());
        open_ = true;
        return;
    }
    const std::int64_t tenth = total > 0 ? done * 10 / total : 0;
    if (tenth == last_tenth_) return;
    last_tenth_ = tenth;
    std::fprintf(stderr, "%s\n", line.c_str());
}

void ProgressBar::finish() {
    if (open_) std::fprintf(stderr, "\n");
    open_ = false;
}

}  // namespace darkroom::app
