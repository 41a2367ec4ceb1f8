// SPDX-License-Identifier: Apache-2.0
#include <thread>

#include <gmock/gmock.h>

#include "cluster/memory/faulty_event_bus.h"
#include "gateway/event_stream.h"
#include "gateway/gateway_fixture.h"

namespace darkroom::gateway {
namespace {

using storage::TaskStore;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

/// The kinds of state events in a text, in order.
std::vector<std::string> kinds_in(const std::string& text) {
    constexpr std::string_view kName = "\"kind\":\"";
    std::vector<std::string> kinds;
    std::size_t at = text.find(kName);
    while (at != std::string::npos) {
        const std::size_t begin = at + kName.size();
        kinds.push_back(text.substr(begin, text.find('"', begin) - begin));
        at = text.find(kName, begin);
    }
    return kinds;
}

/// Takes so many pieces, then is gone as a client is.
struct KeptText final : http::BodyWriter {
    runtime::Task<void> write(std::string bytes) override {
        if (limit == 0) co_return Error{ErrorCode::cancelled, "the client is gone"};
        --limit;
        text += bytes;
        co_return Result<void>();
    }
    std::string text;
    int limit = 1'000;
};

runtime::Task<void> write_all(EventStream& stream, http::BodyWriter& writer) {
    const StreamEnds ends{
        std::make_shared<runtime::AsyncEvent>(), std::make_shared<runtime::AsyncEvent>()};
    co_await stream.run(ends, writer);
    co_return Result<void>();
}

class EventRoutes : public GatewayTest {
  protected:
    /// A client that listens; what it got so far is read with read_until.
    std::unique_ptr<http::RawSocket> listen(
        const std::string& target, const std::string& headers = "") {
        auto socket = std::make_unique<http::RawSocket>(port());
        socket->send("GET " + target + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n");
        const std::string head = socket->read_until("\r\n\r\n");
        EXPECT_THAT(head, HasSubstr("200 OK"));
        EXPECT_THAT(head, HasSubstr("text/event-stream"));
        return socket;
    }
    static std::string events_of(const domain::TaskId& id) {
        return "/tasks/" + id.text() + "/events";
    }
    void mark_running(const domain::LeaseToken& token) {
        ASSERT_TRUE(storage::wait(store_, &TaskStore::mark_running, token));
    }
    void show(const domain::TaskId& id) {
        dispatcher_.adopt({storage::wait(store_, &TaskStore::get, id).value()});
    }
    void report(const domain::TaskId& id, std::int64_t steps) {
        cluster::Progress progress;
        progress.id = {id.text(), 1};
        progress.phase = "sampling";
        progress.finished_steps = steps;
        progress.total_steps = 20;
        progress.pictures = 1;
        const auto tenant = dispatcher_.progress().update(progress);
        ASSERT_TRUE(tenant);
        bus_.publish(cluster::ProgressChanged{*tenant, progress});
    }
};

/// The end of a chunked body.
constexpr const char* kEnd = "0\r\n\r\n";

TEST_F(EventRoutes, AStreamTellsEveryStateAndEndsAfterTheLast) {
    const domain::TaskId id = submit("order-1");
    const auto client = listen("/tasks/order-1/events");
    const std::string first = client->read_until("\"submitted\"");
    EXPECT_THAT(first, HasSubstr("id: 1\nevent: state\ndata: {\"taskId\":\"order-1\""));
    const domain::LeaseToken token = lease();
    mark_running(token);
    EXPECT_THAT(client->read_until("\"running\",\"attempt\":1"), HasSubstr("id: 3\n"));
    finish(token);
    const std::string rest = client->read_until(kEnd);
    EXPECT_THAT(kinds_in(rest), ElementsAre("succeeded"));
    EXPECT_TRUE(rest.ends_with(kEnd));
}

TEST_F(EventRoutes, AClientThatComesBackGetsWhatItMissedOnce) {
    const domain::TaskId id = submit();
    finish(lease());
    const auto whole = listen(events_of(id));
    EXPECT_THAT(kinds_in(whole->read_until(kEnd)), ElementsAre("submitted", "leased", "succeeded"));
    const auto by_header = listen(events_of(id), "Last-Event-ID: 1\r\n");
    EXPECT_THAT(kinds_in(by_header->read_until(kEnd)), ElementsAre("leased", "succeeded"));
    const auto by_query = listen(events_of(id) + "?after=2");
    EXPECT_THAT(kinds_in(by_query->read_until(kEnd)), ElementsAre("succeeded"));
    EXPECT_EQ(ask("GET", events_of(id) + "?after=3").status, 204);
    EXPECT_EQ(ask("GET", events_of(id) + "?after=99999").status, 204);
}

TEST_F(EventRoutes, BadRequestsAndStrangersAreRefused) {
    const domain::TaskId theirs = submit("", "rival");
    EXPECT_EQ(ask("GET", events_of(theirs)).status, 404);
    EXPECT_EQ(ask("GET", "/tasks/nonsense/events").status, 404);
    EXPECT_EQ(ask("GET", "/events?after=-1").status, 422);
    EXPECT_EQ(ask("GET", "/events?after=9223372036854775808").status, 422);
    EXPECT_EQ(ask("GET", events_of(submit()) + "?after=x").status, 422);
}

TEST_F(EventRoutes, ATenantStreamTellsOfItsOwnTasksFromNowOn) {
    submit("before");
    const auto client = listen("/events");
    client->read_until("retry: 2000\n\n");
    submit("theirs", "rival");
    submit("mine");
    const std::string text = client->read_until("\"timeMs\"");
    EXPECT_THAT(text, HasSubstr("\"taskId\":\"mine\""));
    EXPECT_THAT(text, Not(HasSubstr("theirs")));
    EXPECT_THAT(text, Not(HasSubstr("before")));
    const auto again = listen("/events", "Last-Event-ID: 0\r\n");
    const std::string replay = again->read_until("\"taskId\":\"mine\"");
    EXPECT_THAT(replay, HasSubstr("\"taskId\":\"before\""));
    EXPECT_THAT(replay, Not(HasSubstr("theirs")));
}

TEST_F(EventRoutes, ProgressComesAsThePollingRouteShowsItAndHasNoId) {
    const domain::TaskId id = submit();
    show(id);
    const auto client = listen(events_of(id));
    client->read_until("event: progress\ndata: ");
    EXPECT_THAT(client->read_until("\n\n"), HasSubstr("\"queuePosition\":0"));
    mark_running(lease());
    dispatcher_.progress().hold(id);
    client->read_until("\"kind\":\"running\"");
    client->read_until("\n\n");
    report(id, 5);
    client->read_until("event: progress\ndata: ");
    const std::string line = client->read_until("\n\n");
    EXPECT_THAT(line, HasSubstr("\"sampling_step\":5"));
    EXPECT_THAT(line, HasSubstr("\"status\":\"running\""));
    EXPECT_THAT(line, Not(HasSubstr("id: ")));
}

TEST_F(EventRoutes, MuchProgressIsSentAsItsLastValue) {
    const domain::TaskId id = submit();
    show(id);
    const domain::LeaseToken token = lease();
    mark_running(token);
    dispatcher_.progress().hold(id);
    const auto client = listen(events_of(id));
    client->read_until("\"kind\":\"running\"");
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < 2'000; ++i)
        report(id, i % 20);
    report(id, 20);
    const std::string text = client->read_until("\"sampling_step\":20");
    const auto took = std::chrono::steady_clock::now() - begin;
    std::size_t count = 0;
    for (std::size_t at = 0; (at = text.find("event: progress", at)) != std::string::npos; ++at)
        ++count;
    const auto most = static_cast<std::size_t>(took / std::chrono::milliseconds(200)) + 2;
    EXPECT_LE(count, most);
}

TEST_F(EventRoutes, AStreamOfATaskWhoseEndCannotBeReadAnyMoreEnds) {
    const domain::TaskId id = submit();
    EventStreamOptions options;
    options.keep_alive = std::chrono::milliseconds(10);
    EventStream stream(*parts_, parts_->events.open({"local", id}).value(), {}, options);
    // Removed without a word on the bus, and gone before the log is read.
    ASSERT_TRUE(storage::wait(rows_, &TaskStore::cancel, id));
    ASSERT_TRUE(storage::wait(rows_, &TaskStore::remove, id));
    KeptText writer;
    ASSERT_TRUE(runtime::block_on(io_.executor(), write_all(stream, writer)));
    EXPECT_EQ(writer.text, "retry: 2000\n\n");
}

TEST_F(EventRoutes, AQuietStreamShowsThatItLives) {
    EventStreamOptions options;
    options.keep_alive = std::chrono::milliseconds(1);
    EventStream stream(*parts_, parts_->events.open({"local"}).value(), {}, options);
    KeptText writer;
    writer.limit = 4;
    ASSERT_TRUE(runtime::block_on(io_.executor(), write_all(stream, writer)));
    EXPECT_EQ(writer.text, "retry: 2000\n\n: keep-alive\n\n: keep-alive\n\n: keep-alive\n\n");
}

TEST_F(EventRoutes, ATenantHasSoManyStreamsAndAClosedOneMakesRoom) {
    std::vector<std::unique_ptr<http::RawSocket>> clients;
    for (int i = 0; i < 3; ++i) {
        clients.push_back(listen("/events"));
        clients.back()->read_until("retry: 2000\n\n");
    }
    EXPECT_EQ(ask("GET", "/events").status, 429);
    clients.pop_back();
    while (server_->connections() > 2)
        std::this_thread::yield();
    listen("/events");
}

TEST_F(EventRoutes, ADrainEndsEveryStream) {
    const auto client = listen("/events");
    client->read_until("retry: 2000\n\n");
    const auto soon = runtime::Deadline::after(std::chrono::seconds(5));
    EXPECT_TRUE(runtime::block_on(io_.executor(), server_->drain(soon)));
    EXPECT_TRUE(client->read_to_end().ends_with(kEnd));
}

/// Bus messages may be lost, doubled and late; the log is what counts.
class EventRoutesOnAFaultyBus : public EventRoutes,
                                public testing::WithParamInterface<std::uint32_t> {};

TEST_P(EventRoutesOnAFaultyBus, EveryChangeIsToldOnceAndInOrder) {
    cluster::FaultyEventBus faulty(bus_, {.lost = 40, .doubled = 20, .delayed = 20}, GetParam());
    control::AnnouncingTaskStore announced(rows_, faulty);
    const domain::TaskId id = submit();
    const auto client = listen(events_of(id));
    std::vector<std::string> expected{"submitted"};
    for (int attempt = 1; attempt <= 20; ++attempt) {
        ASSERT_EQ(storage::wait(announced, &TaskStore::claim, {.agent = kAgent})->size(), 1U);
        const domain::LeaseToken token{id, attempt, kAgent};
        ASSERT_TRUE(storage::wait(announced, &TaskStore::mark_running, token));
        const storage::AgentRelease drain{kAgent, false};
        ASSERT_TRUE(storage::wait(announced, &TaskStore::release_agent, drain));
        expected.insert(expected.end(), {"leased", "running", "requeued"});
    }
    ASSERT_TRUE(storage::wait(announced, &TaskStore::cancel, id));
    expected.push_back("cancelled");
    EXPECT_EQ(kinds_in(client->read_until(kEnd)), expected);
}

INSTANTIATE_TEST_SUITE_P(Seeds, EventRoutesOnAFaultyBus, testing::Values(1U, 2U, 3U, 4U));

}  // namespace
}  // namespace darkroom::gateway
