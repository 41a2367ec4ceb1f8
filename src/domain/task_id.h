// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "base/result.h"

namespace darkroom::domain {

/// Names one task for ever: 128 random bits as 32 lower-case hex digits.
class TaskId {
  public:
    /// A new id from the kernel's random generator.
    static TaskId random();

    /// Fails with invalid_argument (field "task_id") unless `text` is 32 lower-case hex digits.
    static Result<TaskId> parse(std::string_view text);

    [[nodiscard]] const std::string& text() const { return text_; }

    friend bool operator==(const TaskId&, const TaskId&) = default;
    friend auto operator<=>(const TaskId&, const TaskId&) = default;  // NOLINT: no pointer

  private:
    explicit TaskId(std::string text) : text_(std::move(text)) {}

    std::string text_;
};

}  // namespace darkroom::domain
