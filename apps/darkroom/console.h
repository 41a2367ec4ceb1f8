// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace darkroom::app {

/// "darkroom: message" on stderr.
void print_error(std::string_view message);
/// The same, with the flag or field at fault.
void print_error(const Error& error);

/// A progress bar on stderr: steps, steps per second, time left. On a terminal it redraws one
/// line; elsewhere it prints a line at each tenth.
class ProgressBar {
  public:
    ProgressBar();
    ~ProgressBar();
    ProgressBar(const ProgressBar&) = delete;
    ProgressBar& operator=(const ProgressBar&) = delete;

    /// `phase` stands before the bar; `total` 0 shows the phase alone.
    void show(std::string_view phase, std::int64_t done, std::int64_t total);
    /// Ends the line.
    void finish();

  private:
    bool terminal_;
    bool open_ = false;
    std::int64_t last_tenth_ = -1;
    std::string last_phase_;
    std::chrono::steady_clock::time_point begin_;
    std::int64_t first_done_ = 0;
};

}  // namespace darkroom::app
