// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <set>
#include <stack>

#include <nlohmann/json.hpp>

#include "base/format.h"
#include "json/json.h"

namespace darkroom::json {
namespace {

using Library = nlohmann::json;

/// Builds a Value from the library's events; an event returns false to stop.
class Builder final : public nlohmann::json_sax<Library> {
  public:
    explicit Builder(int max_depth) : max_depth_(max_depth) {}

    bool null() override { return put(Value()); }
    bool boolean(bool value) override { return put(Value(value)); }
    bool number_integer(number_integer_t value) override { return put(Value(std::int64_t{value})); }
    bool number_unsigned(number_unsigned_t value) override {
        return put(Value(std::uint64_t{value}));
    }
    bool number_float(number_float_t value, const string_t& /*digits*/) override {
        return std::isfinite(value) ? put(Value(value)) : fail("number out of range");
    }
    bool string(string_t& value) override { return put(Value(std::move(value))); }
    bool binary(binary_t& /*value*/) override { return fail("binary value"); }

    bool start_object(std::size_t /*size*/) override { return open(Value(Object())); }
    bool end_object() override { return close(); }
    bool start_array(std::size_t /*size*/) override { return open(Value(Array())); }
    bool end_array() override { return close(); }

    bool key(string_t& value) override {
        if (!frames_.top().keys.insert(value).second) return fail("duplicate key " + value);
        frames_.top().key = std::move(value);
        return true;
    }

    bool parse_error(
        std::size_t position,
        const std::string& /*token*/,
        const nlohmann::detail::exception& error) override {
        error_.position = position > 0 ? position - 1 : 0;
        error_.message = error.what();
        // "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error ..."
        const auto detail = error_.message.find(": ");
        if (detail != std::string::npos) error_.message.erase(0, detail + 2);
        return false;
    }

    Value root;

    [[nodiscard]] const ParseError& error() const { return error_; }

  private:
    struct Frame {
        Value value;
        std::string key;
        std::set<std::string> keys;
    };

    bool fail(std::string message) {
        error_.message = std::move(message);
        return false;
    }

    bool put(Value value) {
        if (frames_.empty()) {
            root = std::move(value);
        } else if (frames_.top().value.is_array()) {
            frames_.top().value.as_array().push_back(std::move(value));
        } else {
            frames_.top().value.as_object().append(std::move(frames_.top().key), std::move(value));
        }
        return true;
    }

    bool open(Value value) {
        if (static_cast<int>(frames_.size()) >= max_depth_) {
            return fail(format("nested deeper than {}", max_depth_));
        }
        frames_.push(Frame{std::move(value), {}, {}});
        return true;
    }

    bool close() {
        Value value = std::move(frames_.top().value);
        frames_.pop();
        return put(std::move(value));
    }

    int max_depth_;
    std::stack<Frame> frames_;
    ParseError error_;
};

}  // namespace

std::variant<Value, ParseError> parse_located(std::string_view text, const ParseLimits& limits) {
    Builder builder(limits.max_depth);
    if (!Library::sax_parse(text.begin(), text.end(), &builder)) return builder.error();
    return std::move(builder.root);
}

Result<Value> parse(std::string_view text, const ParseLimits& limits) {
    auto parsed = parse_located(text, limits);
    if (const auto* error = std::get_if<ParseError>(&parsed)) {
        return Error{
            ErrorCode::invalid_argument,
            format("not valid JSON at byte {}: {}", error->position, error->message)};
    }
    return std::get<Value>(std::move(parsed));
}

}  // namespace darkroom::json
