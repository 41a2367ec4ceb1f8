// SPDX-License-Identifier: Apache-2.0
#include "gateway/event_stream.h"

#include <algorithm>
#include <utility>

#include "api/serverless_task.h"
#include "api/task_event_body.h"
#include "base/format.h"
#include "control/store_call.h"
#include "gateway/generation.h"
#include "gateway/task_views.h"

namespace darkroom::gateway {
namespace {

using runtime::Deadline;
using storage::TaskStore;

constexpr std::int32_t kPage = 100;
/// How long a client waits before it connects again.
constexpr const char* kGreeting = "retry: 2000\n\n";
constexpr const char* kSignOfLife = ": keep-alive\n\n";
/// Places in the list of what a stream waits for.
constexpr std::size_t kClientGone = 1;
constexpr std::size_t kDraining = 2;

domain::Task row_of(const control::LiveTask& live) {
    domain::Task task{.id = live.id};
    task.idempotency_key = live.name;
    task.state = live.is_held ? domain::TaskState::running : domain::TaskState::queued;
    return task;
}

}  // namespace

EventStream::EventStream(
    Parts& parts,
    std::shared_ptr<control::EventWatch> watch,
    Listener listener,
    EventStreamOptions options)
    : parts_(parts),
      watch_(std::move(watch)),
      after_(listener.after),
      options_(options),
      vigil_(parts.access.authenticator(), std::move(listener.grant), options.credential_interval) {
    if (watch_->topic().task) progressed_.insert(watch_->topic().task->text());
    next_sign_ = Clock::now() + options_.keep_alive;
}

boost::asio::awaitable<void> EventStream::run(StreamEnds ends, http::BodyWriter& writer) {
    std::string greeting = kGreeting;
    Result<void> written = co_await writer.write(std::move(greeting));
    while (written && !ended_) {
        const std::uint64_t seen = watch_->changed().count();
        const bool is_granted = co_await vigil_.holds();
        if (!is_granted) break;
        written = co_await write_news(writer);
        if (!written || ended_) break;
        std::vector<runtime::Watch> watches;
        watches.emplace_back(watch_->changed(), seen);
        watches.emplace_back(*ends.client_gone, 0);
        watches.emplace_back(*ends.draining, 0);
        vigil_.add_to(watches);
        const Deadline turn = next_turn();
        const Result<std::size_t> woken = co_await runtime::wait_any(std::move(watches), turn);
        const bool is_time = !woken && woken.error().code == ErrorCode::deadline_exceeded;
        const bool is_end = woken && (*woken == kClientGone || *woken == kDraining);
        if (is_end || (!woken && !is_time)) break;
    }
}

runtime::Task<void> EventStream::write_news(http::BodyWriter& writer) {
    control::EventNews news = watch_->take();
    log_grew_ = log_grew_ || news.log_grew;
    progressed_.merge(news.progressed);
    if (Clock::now() >= next_sign_) keep_alive();
    if (log_grew_) {
        const Result<void> written = co_await write_log(writer);
        if (!written || ended_) co_return written;
    }
    std::string text;
    if (!progressed_.empty() && Clock::now() >= next_progress_) text = progress_text();
    if (text.empty() && Clock::now() >= next_sign_) text = kSignOfLife;
    if (text.empty()) co_return Result<void>();
    next_sign_ = Clock::now() + options_.keep_alive;
    Result<void> written = co_await writer.write(std::move(text));
    co_return written;
}

/// Everything that was logged since the last time, a page at a time.
runtime::Task<void> EventStream::write_log(http::BodyWriter& writer) {
    log_grew_ = false;
    bool has_more = true;
    while (has_more && !ended_) {
        // A client that reads slowly reads for long.
        const bool is_granted = co_await vigil_.holds();
        if (!is_granted) {
            ended_ = true;
            co_return Result<void>();
        }
        storage::EventFilter filter{watch_->topic().tenant, watch_->topic().task, after_, kPage};
        const Result<storage::EventPage> page = co_await control::store_call(
            parts_.dispatcher.store(), &TaskStore::events, std::move(filter));
        if (!page) co_return page.error();
        if (page->events.empty()) break;
        has_more = page->events.size() == static_cast<std::size_t>(kPage);
        std::string text = log_text(*page);
        next_sign_ = Clock::now() + options_.keep_alive;
        Result<void> written = co_await writer.write(std::move(text));
        if (!written) co_return written;
    }
    if (ended_ || !watch_->topic().task) co_return Result<void>();
    const Result<bool> over = co_await is_over();
    if (!over) co_return over.error();
    ended_ = *over;
    co_return Result<void>();
}

/// True when the one task was removed, so that its last event can never be read.
runtime::Task<bool> EventStream::is_over() {
    const domain::TaskId id = *watch_->topic().task;
    if (parts_.dispatcher.progress().find(id)) co_return false;
    const Result<domain::Task> task =
        co_await control::store_call(parts_.dispatcher.store(), &TaskStore::get, id);
    if (task) co_return false;
    if (task.error().code == ErrorCode::not_found) co_return true;
    co_return task.error();
}

std::string EventStream::log_text(const storage::EventPage& page) {
    std::string text;
    for (const domain::TaskEvent& event : page.events) {
        const auto standing = standing_of(parts_, event.task);
        const json::Value body = api::task_event_body(event, standing);
        text += format("id: {}\nevent: state\ndata: {}\n\n", event.sequence, json::dump(body));
        after_ = event.sequence;
        const bool is_final = domain::is_final(domain::state_after(event.kind));
        if (is_final) progressed_.erase(event.task.text());
        if (is_final && watch_->topic().task) ended_ = true;
    }
    return text;
}

std::string EventStream::progress_text() {
    next_progress_ = Clock::now() + options_.progress_interval;
    std::string text;
    for (const std::string& name : std::exchange(progressed_, {})) {
        const Result<domain::TaskId> id = domain::TaskId::parse(name);
        if (!id) continue;
        const auto live = parts_.dispatcher.progress().find(*id);
        if (!live) continue;
        const json::Value body =
            api::task_progress_body(row_of(*live), job_progress(*live), standing_of(parts_, *id));
        std::string entry = format("event: progress\ndata: {}\n\n", json::dump(body));
        if (watch_->topic().task && entry == last_progress_) continue;
        if (watch_->topic().task) last_progress_ = entry;
        text += entry;
    }
    return text;
}

/// Time for a sign of life: the place in the queue may be another by now. A task that is no longer
/// live here has news in the log, whatever became of the message that said so.
void EventStream::keep_alive() {
    if (!watch_->topic().task) return;
    progressed_.insert(watch_->topic().task->text());
    if (!parts_.dispatcher.progress().find(*watch_->topic().task)) log_grew_ = true;
}

runtime::Deadline EventStream::next_turn() const {
    const Clock::time_point latest = std::min(next_sign_, vigil_.next_look());
    if (progressed_.empty()) return Deadline::at(latest);
    return Deadline::at(std::min(next_progress_, latest));
}

}  // namespace darkroom::gateway
