// SPDX-License-Identifier: Apache-2.0
#include "compatibility/contract_case.h"

#include <algorithm>
#include <initializer_list>
#include <ostream>
#include <stdexcept>
#include <string_view>

#include "base/file.h"
#include "base/format.h"

namespace darkroom::compatibility {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{1} << 20;

void check_members(const json::Object& object, std::initializer_list<std::string_view> known) {
    for (const auto& [key, value] : object) {
        if (std::find(known.begin(), known.end(), key) == known.end()) {
            throw std::runtime_error(format("no member has the name {}", key));
        }
    }
}

std::string text_or(const json::Object& object, std::string_view key, std::string fallback) {
    const json::Value* found = object.find(key);
    return found == nullptr ? std::move(fallback) : found->as_string();
}

std::map<std::string, std::string> texts(const json::Object& object, std::string_view key) {
    std::map<std::string, std::string> result;
    const json::Value* found = object.find(key);
    if (found == nullptr) return result;
    for (const auto& [name, value] : found->as_object())
        result.emplace(name, value.as_string());
    return result;
}

void read_expectation(const json::Object& expected, Step& step) {
    check_members(expected, {"status", "headers", "body", "text"});
    if (const json::Value* status = expected.find("status")) {
        step.status = static_cast<int>(status->as_integer());
    }
    if (const json::Value* headers = expected.find("headers")) {
        for (const auto& [name, value] : headers->as_object())
            step.expected_headers.emplace(name, value);
    }
    if (const json::Value* body = expected.find("body")) step.expected_body = *body;
    if (const json::Value* text = expected.find("text")) step.expected_text = *text;
}

/// "POST /txt2img".
void read_target(const std::string& text, Step& step) {
    const std::size_t space = text.find(' ');
    if (space == std::string::npos) throw std::runtime_error("`send` is no METHOD /path: " + text);
    step.method = text.substr(0, space);
    step.path = text.substr(space + 1);
}

Step::Deed read_deed(const json::Object& object) {
    if (object.find("kill_agent") != nullptr) return Step::Deed::kill_agent;
    if (object.find("hide_program") != nullptr) return Step::Deed::hide_program;
    if (object.find("show_program") != nullptr) return Step::Deed::show_program;
    return Step::Deed::none;
}

Step read_step(const json::Object& object) {
    check_members(
        object,
        {"note",
         "send",
         "headers",
         "body",
         "repeat",
         "expect",
         "save",
         "kill_agent",
         "hide_program",
         "show_program"});
    Step step;
    step.note = text_or(object, "note", "");
    step.deed = read_deed(object);
    if (step.deed != Step::Deed::none) return step;
    const json::Value* send = object.find("send");
    if (send == nullptr) throw std::runtime_error("a step sends nothing");
    read_target(send->as_string(), step);
    step.headers = texts(object, "headers");
    if (const json::Value* body = object.find("body")) {
        step.body = *body;
        step.has_body = true;
    }
    step.is_repeated = object.find("repeat") != nullptr;
    step.saved = texts(object, "save");
    if (const json::Value* expected = object.find("expect")) {
        read_expectation(expected->as_object(), step);
    }
    if (!step.status) throw std::runtime_error("a step expects no status");
    return step;
}

ContractCase read_case(const json::Object& object) {
    check_members(object, {"case", "request", "pending", "arguments", "models", "steps"});
    ContractCase result;
    result.name = text_or(object, "case", "");
    result.request = text_or(object, "request", "");
    result.pending = text_or(object, "pending", "");
    if (const json::Value* arguments = object.find("arguments")) {
        for (const json::Value& argument : arguments->as_array())
            result.arguments.push_back(argument.as_string());
    }
    result.models = texts(object, "models");
    const json::Value* steps = object.find("steps");
    if (steps == nullptr || result.name.empty()) {
        throw std::runtime_error("a case has a name and steps");
    }
    for (const json::Value& step : steps->as_array())
        result.steps.push_back(read_step(step.as_object()));
    return result;
}

}  // namespace

void PrintTo(const ContractCase& contract_case, std::ostream* stream) {
    *stream << contract_case.name << ": " << contract_case.request;
}

std::vector<ContractCase> read_cases(const std::filesystem::path& file) {
    try {
        const std::string text = read_file(file, kMaxBytes).value();
        const Result<json::Value> parsed = json::parse(text);
        if (!parsed) throw std::runtime_error(parsed.error().message);
        std::vector<ContractCase> cases;
        for (const json::Value& object : parsed->as_array())
            cases.push_back(read_case(object.as_object()));
        return cases;
    } catch (const std::exception& error) {
        throw std::runtime_error(format("{}: {}", file.string(), error.what()));
    }
}

}  // namespace darkroom::compatibility
