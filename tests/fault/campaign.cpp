// SPDX-License-Identifier: Apache-2.0
#include "fault/campaign.h"

#include <csignal>
#include <thread>

#include "base/format.h"
#include "base/sha256.h"

namespace darkroom::fault {
namespace {

using integration::Answer;
using integration::Server;
using std::chrono::milliseconds;

constexpr int kClients = 3;
/// Longer than a lease: who comes back has lost its tasks to others.
constexpr auto kLongStop = std::chrono::seconds(45);
/// For what waits when the faults end, on a machine that does something else, too.
constexpr auto kLongestQueue = std::chrono::minutes(5);
constexpr auto kLongStopBegins = std::chrono::seconds(8);

json::Value page_of(Server& server, const std::string& query) {
    const Answer answer = server.get("/tasks?limit=1000" + query);
    if (!answer || answer->status != 200) throw std::runtime_error("tasks cannot be listed");
    return json::parse(answer->body).value();
}

}  // namespace

Campaign::Campaign(CampaignOptions options) : options_(std::move(options)) {}

Campaign::~Campaign() = default;

void Campaign::run() {
    start_server();
    std::vector<std::thread> threads;
    for (int i = 0; i < kClients; ++i)
        threads.emplace_back([this, i] { be_client(i); });
    threads.emplace_back([this] { make_faults(); });
    threads.emplace_back([this] {
        const Order order{
            "poison",
            R"({"stable_diffusion_model": "plain.safetensors", "steps": 400, "seed": 7})",
            Purpose::poison};
        submit(order);
        poison(order.name);
    });
    threads.emplace_back([this] {
        if (sleep(kLongStopBegins)) stop_an_agent(kLongStop);
    });
    std::this_thread::sleep_for(options_.duration);
    is_over_ = true;
    for (std::thread& thread : threads)
        thread.join();
    wait_for_ends();
    restart_server();
}

void Campaign::start_server() {
    auto server = std::make_shared<Server>(options_.data, options_.models);
    *server_.lock() = std::move(server);
}

void Campaign::wait_for_ends() {
    const std::shared_ptr<Server> server = *server_.lock();
    const auto have_ended = [&] {
        return page_of(*server, "&status=waiting")["tasks"].as_array().empty() &&
               page_of(*server, "&status=running")["tasks"].as_array().empty();
    };
    integration::eventually(have_ended, kLongestQueue);
}

std::string Campaign::log() {
    return *log_.lock() + (*server_.lock())->log();
}

History Campaign::history() {
    return *history_.lock();
}

std::map<std::string, int> Campaign::faults() {
    return *faults_.lock();
}

std::vector<FinalTask> Campaign::final_tasks() {
    const std::shared_ptr<Server> server = *server_.lock();
    std::vector<FinalTask> tasks;
    std::string query;
    while (true) {
        const json::Value page = page_of(*server, query);
        for (const json::Value& row : page["tasks"].as_array())
            tasks.push_back(look_closely(row));
        if (page["next"].is_null()) return tasks;
        query = "&before=" + page["next"].as_string();
    }
}

FinalTask Campaign::look_closely(const json::Value& row) {
    FinalTask task;
    task.name = row["taskId"].as_string();
    task.status = row["status"].as_string();
    task.state = row["state"].as_string();
    if (const json::Value* message = row.find("message")) task.message = message->as_string();
    const Answer answer = ask({.method = "GET", .url = "/tasks/" + task.name + "/result"});
    if (!answer || answer->status != 200) {
        throw std::runtime_error(format("the result of {} cannot be read", task.name));
    }
    const json::Value result = json::parse(answer->body).value();
    if (result["ossUrl"].is_null()) return task;
    const std::string url = (*server_.lock())->url();
    for (const json::Value& link : result["ossUrl"].as_array()) {
        const Answer picture = ask({.method = "GET", .url = link.as_string().substr(url.size())});
        const bool is_there = picture && picture->status == 200;
        task.pictures.push_back(is_there ? sha256_hex(picture->body) : std::string());
    }
    return task;
}

/// False when the campaign ended meanwhile.
bool Campaign::sleep(milliseconds time) {
    const auto end = std::chrono::steady_clock::now() + time;
    while (!is_over_ && std::chrono::steady_clock::now() < end) {
        std::this_thread::sleep_for(std::min(time, milliseconds(20)));
    }
    return !is_over_;
}

}  // namespace darkroom::fault
