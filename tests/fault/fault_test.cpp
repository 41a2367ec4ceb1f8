// SPDX-License-Identifier: Apache-2.0
// A minute of faults, and nothing that was promised is lost. DARKROOM_FAULT_SECONDS makes it
// longer, DARKROOM_FAULT_SEED repeats the choices of another run.

#include <sched.h>
#include <sys/mount.h>

#include <cstdlib>
#include <fstream>
#include <iostream>

#include <gtest/gtest.h>

#include "base/file.h"
#include "base/random.h"
#include "fault/campaign.h"
#include "fault/checker.h"

namespace darkroom::fault {
namespace {

namespace fs = std::filesystem;

/// A small file system at the folder that this process and its children see, nobody else.
bool mount_small_disk(const fs::path& folder) {
    return (::unshare(CLONE_NEWNS) == 0 || ::unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0) &&
           ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
           ::mount("tmpfs", folder.c_str(), "tmpfs", 0, "size=96m") == 0;
}

std::uint64_t number_from(const char* variable, std::uint64_t fallback) {
    const char* text = std::getenv(variable);
    return text == nullptr ? fallback : std::strtoull(text, nullptr, 10);
}

TEST(Faults, NothingThatWasPromisedIsLost) {
    const integration::TemporaryFolder data;
    const integration::TemporaryFolder models;
    fs::create_symlink(integration::bundled_checkpoint(), models / "plain.safetensors");
    // Its header is whole; half of its weights are gone.
    fs::copy_file(integration::bundled_checkpoint(), models / "corrupt.safetensors");
    fs::resize_file(
        models / "corrupt.safetensors", fs::file_size(integration::bundled_checkpoint()) / 2);

    CampaignOptions options;
    options.seed = number_from("DARKROOM_FAULT_SEED", random_below(1'000'000));
    options.duration = std::chrono::seconds(number_from("DARKROOM_FAULT_SECONDS", 60));
    options.data = data.path();
    options.models = models.path();
    options.may_fill_disk = mount_small_disk(data.path());
    // The small disk is below what the server asks for by itself.
    ::setenv("DARKROOM_STORAGE_MINIMUM_FREE_MIB", "0", 1);
    std::cout << "DARKROOM_FAULT_SEED=" << options.seed << std::endl;

    Campaign campaign(options);
    campaign.run();
    const History history = campaign.history();
    const std::vector<FinalTask> tasks = campaign.final_tasks();
    for (const auto& [fault, count] : campaign.faults())
        std::cout << fault << ": " << count << std::endl;
    std::map<std::string, int> ends;
    for (const FinalTask& task : tasks)
        ++ends[task.status + (task.message.empty() ? "" : ": " + task.message)];
    for (const auto& [status, count] : ends)
        std::cout << status << ": " << count << std::endl;
    EXPECT_GT(ends["succeeded"], 0);
    for (const std::string& violation : violations(history, tasks))
        ADD_FAILURE() << violation;
    if (HasFailure()) std::cout << campaign.log() << std::endl;
}

}  // namespace
}  // namespace darkroom::fault
