// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <iosfwd>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "json/json.h"

namespace darkroom::compatibility {

/// What is sent, and what must come back; README.md describes the files.
struct Step {
    /// What the step is about, for whoever reads a failure.
    std::string note;
    std::string method = "GET";
    std::string path;
    std::map<std::string, std::string> headers;
    /// The body as text; JSON was written out.
    json::Value body;
    bool has_body = false;
    /// Sent again until the answer is as expected.
    bool is_repeated = false;
    /// What is done to the server's processes; nothing is sent then.
    enum class Deed {
        none,
        /// Ends the agent process with SIGKILL.
        kill_agent,
        /// Takes the program file away, so that no agent can be started.
        hide_program,
        show_program,
    };
    Deed deed = Deed::none;

    std::optional<int> status;
    std::map<std::string, json::Value> expected_headers;
    std::optional<json::Value> expected_body;
    /// The body as text, as a pattern.
    std::optional<json::Value> expected_text;
    /// Variables to set, by the place in the answer that they are read from.
    std::map<std::string, std::string> saved;
};

/// One of C01 to C40 of the serverless API's contract.
struct ContractCase {
    std::string name;
    std::string request;
    /// Why it cannot hold yet; empty when it must.
    std::string pending;
    /// More arguments for `darkroom serve`.
    std::vector<std::string> arguments;
    /// Files in the models folder: "bundled" is the bundled checkpoint, "half of bundled" the same
    /// cut off, all else is their text.
    std::map<std::string, std::string> models;
    std::vector<Step> steps;
};

/// The name, for whoever reads a list of tests.
void PrintTo(const ContractCase& contract_case, std::ostream* stream);

/// Every case of the file. Throws std::runtime_error, naming file and place, for what is not as
/// README.md says: a misspelt member would otherwise test nothing.
std::vector<ContractCase> read_cases(const std::filesystem::path& file);

}  // namespace darkroom::compatibility
