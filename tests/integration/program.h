// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace darkroom::integration {

/// Far beyond what anything here takes on an idle machine; a busy one still passes.
inline constexpr auto kPatience = std::chrono::seconds(120);

/// The bundled checkpoint and the folder it lies in.
std::filesystem::path models_folder();
std::filesystem::path bundled_checkpoint();

/// Looks every few milliseconds until the condition holds; false when it never did.
bool eventually(
    const std::function<bool()>& condition, std::chrono::milliseconds patience = kPatience);

/// A folder that goes with the object.
class TemporaryFolder {
  public:
    TemporaryFolder();
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    [[nodiscard]] std::filesystem::path operator/(const std::string& name) const {
        return path_ / name;
    }

  private:
    std::filesystem::path path_;
};

struct Streams {
    std::filesystem::path output;
    std::filesystem::path errors;
};

/// Starts a program, with its output streams in files. Throws std::runtime_error.
pid_t start_program(const std::vector<std::string>& words, const Streams& streams);

/// Waits for a child: its exit status, or minus the signal that ended it.
int wait_for_end(pid_t pid);

struct Finished {
    int status = 0;
    std::string output;
    std::string errors;
};

/// Runs a program to its end.
Finished run_program(const std::vector<std::string>& words);
/// The same for darkroom with these arguments.
Finished run_darkroom(std::vector<std::string> arguments);

}  // namespace darkroom::integration
