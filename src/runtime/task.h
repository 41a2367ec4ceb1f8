// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>

#include "base/result.h"

namespace darkroom::runtime {

/// An asynchronous operation that ends in a value or an Error; every one of the serving tower.
///
/// A coroutine is a named function or member, never a lambda with captures. `co_await` stands alone
/// in its statement, its result bound to a name and its operand built from named objects, moves and
/// plain constructor calls: GCC 12 destroys other temporaries twice.
template <class T>
using Task = boost::asio::awaitable<Result<T>>;

}  // namespace darkroom::runtime

#define DARKROOM_CO_TRY_ASSIGN_INNER(result, declaration, expression) \
    auto result = expression;                                         \
    if (!result.has_value()) co_return result.error();                \
    declaration = *std::move(result)

/// `DARKROOM_CO_TRY_ASSIGN(const Row row, co_await table.find(id));` in a Task.
#define DARKROOM_CO_TRY_ASSIGN(declaration, expression) \
    DARKROOM_CO_TRY_ASSIGN_INNER(DARKROOM_CONCAT(result_, __LINE__), declaration, expression)

/// `DARKROOM_CO_TRY(co_await table.remove(id));` in a Task: returns the error, drops the value.
#define DARKROOM_CO_TRY(expression)                                          \
    do {                                                                     \
        auto darkroom_result = expression;                                   \
        if (!darkroom_result.has_value()) co_return darkroom_result.error(); \
    } while (false)
