// SPDX-License-Identifier: Apache-2.0
// The half of Campaign that breaks things.

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
    if (agent == 0) return;
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
    const pid_t agent = running_agent();
    pid_t nobody = 0;
    if (agent == 0 || !stopped_.compare_exchange_strong(nobody, agent)) return;
    ::kill(agent, SIGSTOP);
    count(format("agent stopped{}", time > milliseconds(30'000) ? " for longer than a lease" : ""));
    sleep(time);
    ::kill(agent, SIGCONT);
    stopped_ = 0;
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
    while (!is_over_) {
        const integration::Answer answer =
            ask({.method = "GET", .url = "/tasks/" + name + "/progress"});
        const auto body = answer && answer->status == 200 ? json::parse(answer->body)
                                                          : Result<json::Value>(json::Value());
        if (body && body->is_object()) {
            const double progress = (*body)["progress"].as_double();
            if (progress == 1) return;
            const pid_t agent = running_agent();
            if ((*body)["status"].as_string() == "running" && agent != 0) {
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
