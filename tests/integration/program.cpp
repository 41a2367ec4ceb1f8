// SPDX-License-Identifier: Apache-2.0
#include "integration/program.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <thread>

#include "base/file.h"

extern char** environ;  // NOLINT: POSIX declares it so

namespace darkroom::integration {
namespace {

namespace fs = std::filesystem;

constexpr auto kPollInterval = std::chrono::milliseconds(5);
constexpr std::size_t kMaxOutput = std::size_t{16} << 20;
constexpr mode_t kFileMode = 0644;

}  // namespace

fs::path models_folder() {
    return fs::path(DARKROOM_SOURCE_DIR) / "models";
}

fs::path bundled_checkpoint() {
    return models_folder() / "icons-128" / "icons-128.safetensors";
}

bool eventually(const std::function<bool()>& condition, std::chrono::milliseconds patience) {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::sleep_for(kPollInterval);
    }
    return true;
}

TemporaryFolder::TemporaryFolder() {
    std::string name = (fs::temp_directory_path() / "darkroom-integration-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
}

pid_t start_program(const std::vector<std::string>& words, const Streams& streams) {
    std::vector<std::string> copies = words;
    std::vector<char*> argv;
    for (std::string& word : copies)
        argv.push_back(word.data());
    argv.push_back(nullptr);

    constexpr int kFlags = O_WRONLY | O_CREAT | O_TRUNC;
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_addopen(
        &actions, STDOUT_FILENO, streams.output.c_str(), kFlags, kFileMode);
    ::posix_spawn_file_actions_addopen(
        &actions, STDERR_FILENO, streams.errors.c_str(), kFlags, kFileMode);
    pid_t pid = 0;
    const int failed = ::posix_spawnp(&pid, argv.front(), &actions, nullptr, argv.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    if (failed != 0) throw std::runtime_error(words.front() + ": " + std::strerror(failed));
    return pid;
}

int wait_for_end(pid_t pid) {
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) throw std::runtime_error("not a child of this process");
    }
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

Finished run_program(const std::vector<std::string>& words) {
    const TemporaryFolder folder;
    const Streams streams{folder / "output", folder / "errors"};
    Finished finished;
    finished.status = wait_for_end(start_program(words, streams));
    finished.output = read_file(streams.output, kMaxOutput).value();
    finished.errors = read_file(streams.errors, kMaxOutput).value();
    return finished;
}

Finished run_darkroom(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), DARKROOM_PROGRAM);
    return run_program(arguments);
}

}  // namespace darkroom::integration
