// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

struct sqlite3_stmt;

namespace darkroom::storage {

/// One use of a cached prepared statement; the next use may begin when this one is destroyed.
class Statement {
  public:
    explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
    ~Statement();
    Statement(Statement&& other) noexcept : statement_(std::exchange(other.statement_, nullptr)) {}
    Statement& operator=(Statement&&) = delete;

    /// Binds the parameters from the first on. Text is not copied and must outlive the statement.
    template <class... Values>
    void bind_all(const Values&... values) {
        int index = 0;
        (bind(++index, values), ...);
    }

    void bind(int index, std::int64_t value);
    void bind(int index, double value);
    void bind(int index, std::string_view value);
    void bind(int index, std::nullopt_t value);

    void bind(int index, const std::string& value) { bind(index, std::string_view(value)); }
    template <std::integral Integer>
    void bind(int index, Integer value) {
        bind(index, static_cast<std::int64_t>(value));
    }
    template <class Value>
    void bind(int index, const std::optional<Value>& value) {
        value ? bind(index, *value) : bind(index, std::nullopt);
    }

    /// Runs to the next row: true when there is one, false at the end.
    Result<bool> step();

    /// Runs a statement that returns no rows.
    Result<void> run();

    // Columns of the current row, from 0.
    [[nodiscard]] bool is_null(int column) const;
    [[nodiscard]] std::int64_t integer(int column) const;
    [[nodiscard]] double real(int column) const;
    [[nodiscard]] std::string text(int column) const;
    [[nodiscard]] std::optional<std::int64_t> optional_integer(int column) const;

  private:
    void check_binding(int result);

    sqlite3_stmt* statement_;
    bool is_bound_ = true;
};

}  // namespace darkroom::storage
