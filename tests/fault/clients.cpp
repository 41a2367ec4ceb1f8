// SPDX-License-Identifier: Apache-2.0
// The half of Campaign that asks for pictures.

#include <array>

#include "base/format.h"
#include "fault/campaign.h"

namespace darkroom::fault {
namespace {

using integration::Answer;

/// Tasks that wait at once; more would only be a queue to draw afterwards.
constexpr std::size_t kMostWaiting = 8;
constexpr auto kPause = std::chrono::milliseconds(20);

std::uint64_t below(Random& random, std::uint64_t bound) {
    return std::uniform_int_distribution<std::uint64_t>(0, bound - 1)(random);
}

std::string body_of(std::uint64_t seed, std::uint64_t steps, const char* checkpoint) {
    return json::dump(json::Object{
        {"stable_diffusion_model", checkpoint},
        {"prompt", "a fox, noto style, blue background"},
        {"sampler_name", "Euler a"},
        {"seed", seed},
        {"steps", steps},
        {"width", 128},
        {"height", 128}});
}

http::ClientRequest submission(const std::string& name, std::string body) {
    http::ClientRequest request;
    request.method = "POST";
    request.url = "/txt2img";
    request.headers = {{"Request-Type", "async"}, {"taskId", name}};
    request.body = std::move(body);
    return request;
}

}  // namespace

void Campaign::be_client(int index) {
    Random random(options_.seed * 1000 + static_cast<std::uint64_t>(index));
    while (!is_over_) {
        const std::uint64_t choice = below(random, 100);
        if (choice < 30) {
            submit_new(random);
        } else if (choice < 40) {
            submit_again(random);
        } else if (choice < 41) {
            cancel_one(random);
        } else {
            look_at_one(random);
        }
        sleep(kPause);
    }
}

void Campaign::submit_new(Random& random) {
    const Answer waiting = ask({.method = "GET", .url = "/tasks?status=waiting&limit=100"});
    if (!waiting || waiting->status != 200) return;
    const json::Value page = json::parse(waiting->body).value();
    if (page["tasks"].as_array().size() >= kMostWaiting) return;
    constexpr std::array<std::uint64_t, 4> kSteps = {2, 10, 40, 120};
    const bool is_corrupt = below(random, 20) == 0;
    const std::uint64_t seed = 1 + below(random, 2);
    const std::uint64_t steps = kSteps[below(random, kSteps.size())];
    submit(
        {format("task-{}", next_number_++),
         body_of(seed, steps, is_corrupt ? "corrupt.safetensors" : "plain.safetensors"),
         is_corrupt ? Purpose::corrupt : Purpose::plain});
}

void Campaign::submit(const Order& order) {
    history_.lock()->orders[order.name] = order;
    while (!is_over_) {
        const Answer answer = ask(submission(order.name, order.body));
        if (answer && answer->status == 200) {
            return record({Event::Kind::acknowledged, order.name});
        }
        sleep(kPause);
    }
}

void Campaign::submit_again(Random& random) {
    const std::string name = any_name(random);
    if (name.empty()) return;
    const std::string body = history_.lock()->orders[name].body;
    if (below(random, 2) == 0) {
        const Answer answer = ask(submission(name, body));
        if (answer && answer->status == 200) record({Event::Kind::acknowledged, name});
        return;
    }
    bool was_acknowledged = false;
    {
        const auto history = history_.lock();
        for (const Event& event : history->events) {
            was_acknowledged |= event.kind == Event::Kind::acknowledged && event.name == name;
        }
    }
    if (!was_acknowledged) return;
    const Answer answer = ask(submission(name, body_of(99, 3, "plain.safetensors")));
    if (answer && answer->status == 200) record({Event::Kind::other_body_accepted, name});
}

void Campaign::cancel_one(Random& random) {
    const std::string name = any_name(random);
    if (name.empty()) return;
    const Answer answer = ask({.method = "POST", .url = "/tasks/" + name + "/cancellation"});
    if (answer && answer->status == 200) record({Event::Kind::cancel_acknowledged, name});
}

/// What is asked for later than it is answered would look like a change, so one client looks at one
/// task at a time, and a look that another one overtook is not recorded.
void Campaign::look_at_one(Random& random) {
    const std::string name = any_name(random);
    if (name.empty()) return;
    const std::size_t before = history_.lock()->events.size();
    const bool wants_progress = below(random, 2) == 0;
    const Answer answer = ask(
        {.method = "GET", .url = "/tasks/" + name + (wants_progress ? "/progress" : "/result")});
    if (!answer || answer->status != 200) return;
    const auto body = json::parse(answer->body);
    if (!body) return;
    const auto history = history_.lock();
    for (std::size_t i = before; i < history->events.size(); ++i) {
        if (history->events[i].name == name) return;
    }
    Event event{wants_progress ? Event::Kind::progressed : Event::Kind::observed, name};
    if (wants_progress) event.progress = (*body)["progress"].as_double();
    if (!wants_progress) event.status = (*body)["status"].as_string();
    history->events.push_back(std::move(event));
}

std::string Campaign::any_name(Random& random) {
    const auto history = history_.lock();
    if (history->orders.empty()) return {};
    auto chosen = history->orders.begin();
    std::advance(chosen, static_cast<std::ptrdiff_t>(below(random, history->orders.size())));
    return chosen->first;
}

Answer Campaign::ask(http::ClientRequest request) {
    const std::shared_ptr<integration::Server> server = *server_.lock();
    if (!server) return Error{ErrorCode::unavailable, "no server runs"};
    return server->send(std::move(request));
}

void Campaign::record(Event event) {
    history_.lock()->events.push_back(std::move(event));
}

}  // namespace darkroom::fault
