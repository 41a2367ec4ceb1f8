// SPDX-License-Identifier: Apache-2.0
// The half of Campaign that breaks things.

#include <algorithm>
#include <csignal>
#include <fstream>
#include <thread>

#include "base/format.h"
#include "fault/campaign.h"

namespace darkroom::fault {
namespace {

using std::chrono::milliseconds;

milliseconds between(Random& random, int least, int most) {
    return milliseconds(std::uniform_int_distribution<int>(least, most)(random));
}

}  // namespace

void Campaign::make_faults() {
    Random random(options_.seed);
    while (!is_over_) {
        if (!sleep(between(random, 200, 2500))) return;
        const int choice = std::uniform_int_distribution<int>(0, 9)(random);
        if (choice < 4) {
            kill_an_agent();
        } else if (choice < 7) {
            restart_server();
        } else if (choice < 8) {
            stop_an_agent(between(random, 500, 3000));
        } else {
            fill_disk(between(random, 200, 1500));
        }
    }
}

pid_t Campaign::running_agent() {
    const std::shared_ptr<integration::Server> server = *server_.lock();
    if (!server) return 0;
    for (const pid_t agent : server->agents()) {
        if (agent != stopped_) return agent;
    }
    return 0;
}

void Campaign::kill_an_agent() {
    const pid_t agent = running_agent();
    if (agent == 0 || !stop_if(agent, is_unsuspected)) return;
    ::kill(agent, SIGKILL);
    count("agent killed");
}

void Campaign::restart_server() {
    const std::shared_ptr<integration::Server> server = *server_.lock();
    server->signal(SIGKILL);
    server->wait();
    *log_.lock() += server->log();
    start_server();
    count("server killed");
}

void Campaign::stop_an_agent(milliseconds time) {
    const bool is_long = time > milliseconds(30'000);
    const auto may_stop = [&](const Holding& held) { return !is_long || is_unsuspected(held); };
    pid_t agent = 0;
    while (agent == 0) {
        const pid_t chosen = running_agent();
        pid_t nobody = 0;
        if (chosen != 0 && stopped_.compare_exchange_strong(nobody, chosen)) {
            if (stop_if(chosen, may_stop)) agent = chosen;
            if (agent == 0) stopped_ = 0;
        }
        if (agent == 0 && (!is_long || !sleep(milliseconds(20)))) return;
    }
    count(format("agent stopped{}", is_long ? " for longer than a lease" : ""));
    sleep(time);
    ::kill(agent, SIGCONT);
    stopped_ = 0;
}

bool Campaign::is_unsuspected(const Holding& holding) {
    return !holding.empty() &&
           std::ranges::none_of(holding, [](const Held& held) { return held.failures > 0; });
}

/// One that has tasks gets no suspect beside them, and one that stands still ends none: what is
/// seen here is what a kill meets.
bool Campaign::stop_if(pid_t agent, const std::function<bool(const Holding&)>& may_stop) {
    ::kill(agent, SIGSTOP);
    if (may_stop(holding())) return true;
    ::kill(agent, SIGCONT);
    return false;
}

Campaign::Holding Campaign::holding() {
    Holding held;
    for (const char* state : {"leased", "running", "uploading"}) {
        const integration::Answer answer =
            ask({.method = "GET", .url = format("/tasks?limit=1000&status={}", state)});
        if (!answer || answer->status != 200) return {};
        const json::Value page = json::parse(answer->body).value();
        for (const json::Value& task : page["tasks"].as_array())
            held.push_back({task["taskId"].as_string(), task["failures"].as_integer()});
    }
    return held;
}

void Campaign::fill_disk(milliseconds time) {
    if (!options_.may_fill_disk) return;
    const std::filesystem::path filler = options_.data / "filler";
    {
        std::ofstream file(filler, std::ios::binary);
        const std::string piece(std::size_t{64} << 10, 'x');
        while (file.write(piece.data(), static_cast<std::streamsize>(piece.size())).flush()) {
        }
    }
    count("disk full");
    sleep(time);
    std::filesystem::remove(filler);
}

void Campaign::poison(const std::string& name) {
    const auto has_it = [&](const Holding& held) {
        return std::ranges::find(held, name, &Held::name) != held.end();
    };
    while (!is_over_) {
        const integration::Answer answer =
            ask({.method = "GET", .url = "/tasks/" + name + "/progress"});
        const auto body = answer && answer->status == 200 ? json::parse(answer->body)
                                                          : Result<json::Value>(json::Value());
        if (body && body->is_object()) {
            const double progress = (*body)["progress"].as_double();
            if (progress == 1) return;
            const pid_t agent = running_agent();
            const bool is_drawn = (*body)["status"].as_string() == "running";
            if (is_drawn && agent != 0 && stop_if(agent, has_it)) {
                ::kill(agent, SIGKILL);
                count("agent killed by poison");
            }
        }
        sleep(milliseconds(20));
    }
}

void Campaign::count(const std::string& fault) {
    ++(*faults_.lock())[fault];
}

}  // namespace darkroom::fault
