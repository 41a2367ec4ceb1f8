// SPDX-License-Identifier: Apache-2.0
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/random.h"
#include "storage/filesystem/filesystem_object_store.h"
#include "storage/sqlite/sqlite_task_store.h"

namespace darkroom::storage {
namespace {

constexpr int kPassed = 0;
constexpr int kFailed = 1;
constexpr int kNoSmallDisk = 77;

/// Runs `check` in a child process that sees a file system of 1 MiB at the folder, and nobody else
/// does. `check` returns what went wrong, empty for nothing.
int run_on_a_small_disk(
    const std::filesystem::path& folder, const std::function<std::string()>& check) {
    std::filesystem::create_directories(folder);
    const pid_t child = ::fork();
    if (child == 0) {
        const bool is_mounted =
            (::unshare(CLONE_NEWNS) == 0 || ::unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0) &&
            ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
            ::mount("tmpfs", folder.c_str(), "tmpfs", 0, "size=1m") == 0;
        if (!is_mounted) ::_exit(kNoSmallDisk);
        const std::string problem = check();
        if (!problem.empty()) std::cerr << problem << std::endl;
        ::_exit(problem.empty() ? kPassed : kFailed);
    }
    int status = 0;
    if (child < 0 || ::waitpid(child, &status, 0) != child) return kFailed;
    std::filesystem::remove_all(folder);
    return WIFEXITED(status) ? WEXITSTATUS(status) : kFailed;
}

class FullDisk : public ::testing::Test {
  protected:
    void expect_passes(const std::function<std::string()>& check) {
        const int outcome = run_on_a_small_disk(folder_, check);
        if (outcome == kNoSmallDisk) GTEST_SKIP() << "may not mount a small file system here";
        EXPECT_EQ(outcome, kPassed);
    }

    std::filesystem::path folder_ =
        std::filesystem::temp_directory_path() / ("darkroom-full-" + random_id());
};

std::string check_objects(const std::filesystem::path& folder, bool allow_unnamed_files) {
    auto store =
        FilesystemObjectStore::open(folder, {.allow_unnamed_files = allow_unnamed_files}).value();
    const std::vector<std::byte> small(100'000);
    const std::vector<std::byte> large(2'000'000);
    const ObjectKey first = ObjectKey::parse("a/first").value();
    const ObjectKey second = ObjectKey::parse("a/second").value();
    if (!store->put(first, small)) return "the small object did not fit";
    const Result<void> refused = store->put(second, large);
    if (refused) return "the large object did fit";
    if (refused.error().code != ErrorCode::insufficient_storage) return refused.error().message;
    if (store->get(second)) return "a part of the large object is there";
    const Result<void> not_replaced = store->put(first, large);
    if (not_replaced) return "the large object did replace the small one";
    if (store->get(first).value().size() != small.size()) return "the small object is gone";
    if (!store->put(second, small)) return "the room of the large object was not given back";
    return {};
}

TEST_F(FullDisk, ObjectsThatDoNotFitLeaveNothing) {
    expect_passes([&] { return check_objects(folder_, /*allow_unnamed_files=*/true); });
}

TEST_F(FullDisk, ObjectsThatDoNotFitLeaveNothingWithoutUnnamedFilesEither) {
    expect_passes([&] { return check_objects(folder_, /*allow_unnamed_files=*/false); });
}

domain::NewTask large_task() {
    return domain::NewTask{
        .tenant = "studio",
        .kind = "txt2img",
        .model = "icons-128",
        .request = std::string(60'000, 'x'),
        .body_hash = "hash"};
}

std::unique_ptr<SqliteTaskStore> open_store(const std::filesystem::path& folder, FakeClock& clock) {
    return SqliteTaskStore::open(SqliteDatabase::open(folder / "tasks.db", clock).value()).value();
}

std::string check_tasks(const std::filesystem::path& folder) {
    FakeClock clock;
    std::vector<domain::TaskId> accepted;
    {
        auto store = open_store(folder, clock);
        Error refusal;
        for (int i = 0; i < 50 && refusal.message.empty(); ++i) {
            const domain::NewTask request = large_task();
            const auto submitted = wait(*store, &TaskStore::submit, request);
            if (submitted) accepted.push_back(request.id);
            if (!submitted) refusal = submitted.error();
        }
        if (refusal.code != ErrorCode::insufficient_storage) return "refusal: " + refusal.message;
        if (accepted.size() < 3) return "almost nothing was accepted";
    }
    auto database = SqliteDatabase::open(folder / "tasks.db", clock);
    if (!database) return "cannot open again: " + database.error().message;
    auto store = SqliteTaskStore::open(*std::move(database));
    if (!store) return "cannot recover: " + store.error().message;
    for (const domain::TaskId& id : accepted) {
        const auto task = wait(**store, &TaskStore::get, id);
        if (!task) return "lost an accepted task: " + task.error().message;
    }
    const TaskCounts counts = wait(**store, &TaskStore::count, CountFilter{}).value();
    if (counts.at(domain::TaskState::queued) != static_cast<std::int64_t>(accepted.size())) {
        return "a refused task is there";
    }
    return {};
}

TEST_F(FullDisk, SubmitsAreRefusedAndNoAcceptedTaskIsLost) {
    expect_passes([&] { return check_tasks(folder_); });
}

std::string check_waiters(const std::filesystem::path& folder) {
    FakeClock clock;
    auto store = open_store(folder, clock);
    const std::filesystem::path filler = folder / "filler";
    std::ofstream(filler) << std::string(900'000, 'x');
    // Both wait for the same COMMIT, which does not fit.
    std::promise<Result<Submitted>> first;
    std::promise<Result<Submitted>> second;
    store->count({}, [&](const Result<TaskCounts>&) {
        for (std::promise<Result<Submitted>>* promise : {&first, &second}) {
            domain::NewTask request = large_task();
            request.request = std::string(300'000, 'x');
            store->submit(std::move(request), [promise](Result<Submitted> submitted) {
                promise->set_value(std::move(submitted));
            });
        }
    });
    for (std::promise<Result<Submitted>>* promise : {&first, &second}) {
        const Result<Submitted> outcome = promise->get_future().get();
        if (outcome) return "a submit was accepted on a full disk";
        if (outcome.error().code != ErrorCode::insufficient_storage) return outcome.error().message;
    }
    std::filesystem::remove(filler);
    const auto submitted = wait(*store, &TaskStore::submit, large_task());
    if (!submitted) return "still refused with room: " + submitted.error().message;
    return {};
}

TEST_F(FullDisk, AFailedCommitFailsEveryoneWhoWaitsForIt) {
    expect_passes([&] { return check_waiters(folder_); });
}

}  // namespace
}  // namespace darkroom::storage
