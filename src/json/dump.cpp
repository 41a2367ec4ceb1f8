// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include <nlohmann/json.hpp>

#include "json/json.h"

namespace darkroom::json {
namespace {

using Library = nlohmann::json;

class Writer {
  public:
    explicit Writer(Style style) : style_(style) {}

    void write(const Value& value, int depth) {
        if (value.is_array()) {
            write_array(value.as_array(), depth);
        } else if (value.is_object()) {
            write_object(value.as_object(), depth);
        } else {
            text_ += scalar(value);
        }
    }

    std::string take() { return std::move(text_); }

  private:
    [[nodiscard]] std::string scalar(const Value& value) const {
        if (value.is_null()) return "null";
        if (value.is_bool()) return value.as_bool() ? "true" : "false";
        if (value.is_integer()) return std::to_string(value.as_integer());
        if (value.is_double()) return Library(value.as_double()).dump();
        return Library(value.as_string())
            .dump(-1, ' ', style_ == Style::python, Library::error_handler_t::replace);
    }

    void write_array(const Array& array, int depth) {
        text_ += '[';
        for (std::size_t i = 0; i < array.size(); ++i) {
            separate(i, depth + 1);
            write(array[i], depth + 1);
        }
        close(array.empty(), depth);
        text_ += ']';
    }

    void write_object(const Object& object, int depth) {
        text_ += '{';
        std::size_t i = 0;
        for (const auto& [key, value] : object) {
            separate(i++, depth + 1);
            text_ += scalar(Value(key));
            text_ += style_ == Style::compact ? ":" : ": ";
            write(value, depth + 1);
        }
        close(object.empty(), depth);
        text_ += '}';
    }

    void separate(std::size_t index, int depth) {
        if (index > 0) text_ += style_ == Style::python ? ", " : ",";
        new_line(depth);
    }

    void close(bool empty, int depth) {
        if (!empty) new_line(depth);
    }

    void new_line(int depth) {
        if (style_ != Style::indented) return;
        text_ += '\n';
        text_.append(static_cast<std::size_t>(depth) * 2, ' ');
    }

    Style style_;
    std::string text_;
};

}  // namespace

std::string dump(const Value& value, Style style) {
    Writer writer(style);
    writer.write(value, 0);
    return writer.take();
}

}  // namespace darkroom::json
