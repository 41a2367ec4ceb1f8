// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include "base/format.h"
#include "command.h"
#include "console.h"
#include "engine/catalog/diagnosis.h"
#include "engine/weights/packed_store.h"

namespace darkroom::app {
namespace {

constexpr std::size_t kShown = 20;

void print_list(const char* title, const std::vector<std::string>& lines) {
    if (lines.empty()) return;
    fmt::print("{} ({}):\n", title, lines.size());
    for (std::size_t i = 0; i < lines.size() && i < kShown; ++i)
        fmt::print("  {}\n", lines[i]);
    if (lines.size() > kShown) fmt::print("  ... and {} more\n", lines.size() - kShown);
}

/// A file of the weight cache: reads all of it and compares the checksums.
int examine_packed(const std::filesystem::path& file) {
    constexpr const char* kRemedy = "NOT healthy: delete that file, it is made again when needed\n";
    const auto store = engine::PackedStore::open_any(file);
    if (!store) {
        print_error(store.error());
        if (store.error().code == ErrorCode::corrupt_input) fmt::print("{}", kRemedy);
        return kFailure;
    }
    fmt::print(
        "{}\n  packed weights of the checkpoint with SHA-256 {}\n  for {}\n  entries: {}\n",
        file.string(),
        (*store)->identity().checkpoint_sha256,
        (*store)->identity().fingerprint,
        (*store)->entries().size());
    const Result<void> verified = (*store)->verify();
    if (!verified) fmt::print("{}\n{}", verified.error().message, kRemedy);
    if (verified) fmt::print("healthy\n");
    return verified ? kSuccess : kFailure;
}

}  // namespace

int doctor(const DoctorOptions& options) {
    if (options.file.extension() == ".packed") return examine_packed(options.file);
    const auto checkpoint = engine::Checkpoint::open(options.file);
    if (!checkpoint) {
        print_error(checkpoint.error());
        return kFailure;
    }
    ProgressBar bar;
    const auto on_progress = [&](std::size_t done, std::size_t total) {
        bar.show("reading", static_cast<std::int64_t>(done), static_cast<std::int64_t>(total));
    };
    const engine::Diagnosis found = engine::diagnose(*checkpoint, {.on_progress = on_progress});
    bar.finish();

    fmt::print("{}\n  family: {}\n", options.file.string(), found.family->title);
    for (const std::string& network : found.networks)
        fmt::print("  {}\n", network);
    fmt::print(
        "  tensors: {} ({} expected, {} ignored training leftovers)\n",
        found.tensors,
        found.expected,
        found.ignored);
    print_list("missing", found.missing);
    print_list("wrong shape or type", found.misshaped);
    print_list("not numbers", found.not_finite);
    print_list("unexpected", found.unexpected);
    if (!found.obstacle.empty()) fmt::print("cannot run: {}\n", found.obstacle);
    fmt::print("{}\n", found.healthy() ? "healthy" : "NOT healthy");
    return found.healthy() ? kSuccess : kFailure;
}

}  // namespace darkroom::app
