// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "base/guarded.h"
#include "fault/history.h"
#include "integration/server.h"

namespace darkroom::fault {

using Random = std::mt19937_64;

struct CampaignOptions {
    std::uint64_t seed = 0;
    std::chrono::seconds duration{60};
    std::filesystem::path data;
    /// Holds plain.safetensors and corrupt.safetensors.
    std::filesystem::path models;
    /// The data folder is a file system of its own that may be filled up.
    bool may_fill_disk = false;
};

/// Clients that submit, look and cancel while agents and the server are killed, agents stand still
/// and the disk is full. Times are the machine's, so a seed repeats the choices, not the moments.
class Campaign {
  public:
    explicit Campaign(CampaignOptions options);
    ~Campaign();
    Campaign(const Campaign&) = delete;
    Campaign& operator=(const Campaign&) = delete;

    /// Runs for the duration, mends everything, waits until all tasks have ended and restarts the
    /// server once more. Throws std::runtime_error when the server does not come back.
    void run();

    [[nodiscard]] History history();
    /// Every task of the server, with its pictures fetched.
    [[nodiscard]] std::vector<FinalTask> final_tasks();
    /// Of the servers, one after the other.
    [[nodiscard]] std::string log();
    /// How often each fault was made.
    [[nodiscard]] std::map<std::string, int> faults();

  private:
    // Clients
    void be_client(int index);
    void submit_new(Random& random);
    void submit_again(Random& random);
    void cancel_one(Random& random);
    void look_at_one(Random& random);
    /// Sends until there is an answer or the campaign ends.
    void submit(const Order& order);
    std::string any_name(Random& random);
    integration::Answer ask(http::ClientRequest request);
    void record(Event event);

    // Faults
    void make_faults();
    void kill_an_agent();
    void restart_server();
    void stop_an_agent(std::chrono::milliseconds time);
    void fill_disk(std::chrono::milliseconds time);
    /// Kills whatever agent draws the task, until it has ended.
    void poison(const std::string& name);
    /// A task that an agent holds.
    struct Held {
        std::string name;
        std::int64_t failures = 0;
    };
    using Holding = std::vector<Held>;
    /// Something is drawn, and nothing of it has failed before: only the poison is killed twice.
    static bool is_unsuspected(const Holding& holding);
    /// Stops an agent; it stays so where what is held then may lose it, else it goes on.
    bool stop_if(pid_t agent, const std::function<bool(const Holding&)>& may_stop);
    Holding holding();
    void count(const std::string& fault);
    /// An agent that nobody has stopped, or 0.
    pid_t running_agent();

    void start_server();
    void wait_for_ends();
    FinalTask look_closely(const json::Value& row);
    bool sleep(std::chrono::milliseconds time);

    CampaignOptions options_;
    Guarded<std::shared_ptr<integration::Server>> server_;
    Guarded<History> history_;
    Guarded<std::map<std::string, int>> faults_;
    Guarded<std::string> log_;
    std::atomic<int> next_number_ = 0;
    std::atomic<pid_t> stopped_ = 0;
    std::atomic<bool> is_over_ = false;
};

}  // namespace darkroom::fault
