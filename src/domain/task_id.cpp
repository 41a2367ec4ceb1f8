// SPDX-License-Identifier: Apache-2.0
#include "domain/task_id.h"

#include <algorithm>

#include "base/random.h"

namespace darkroom::domain {
namespace {

constexpr std::size_t kDigits = 32;

bool is_hex_digit(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

}  // namespace

TaskId TaskId::random() {
    return TaskId(random_id());
}

Result<TaskId> TaskId::parse(std::string_view text) {
    if (text.size() != kDigits || !std::ranges::all_of(text, is_hex_digit)) {
        return Error{
            ErrorCode::invalid_argument, "a task id is 32 lower-case hex digits", "task_id"};
    }
    return TaskId(std::string(text));
}

}  // namespace darkroom::domain
