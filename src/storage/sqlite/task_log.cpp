// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite/task_log.h"

#include <string>
#include <utility>

#include "storage/sqlite/webhook_operations.h"

namespace darkroom::storage {
namespace {

/// The order is that of the SELECT in read_events.
Result<domain::TaskEvent> read_event(const Statement& row) {
    Result<domain::TaskId> id = domain::TaskId::parse(row.text(1));
    if (!id) return id.error().with_context("the task database holds an event of no task");
    DARKROOM_TRY_ASSIGN(
        const domain::TaskEventKind kind, domain::parse_task_event_kind(row.text(4)));
    domain::TaskEvent event{.task = *std::move(id)};
    event.sequence = row.integer(0);
    event.tenant = row.text(2);
    event.task_name = row.text(3);
    event.kind = kind;
    event.attempt = row.integer(5);
    event.wall_ms = row.integer(6);
    event.message = row.text(7);
    DARKROOM_TRY_ASSIGN(event.trace, parse_optional_trace(row.text(8)));
    return event;
}

/// The sequence outlives the rows that had it.
Result<std::int64_t> newest_sequence(Connection& connection) {
    return connection.integer(
        "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'task_event'), 0)");
}

}  // namespace

Result<void> append_event(Connection& connection, const domain::TaskEvent& event) {
    DARKROOM_TRY_ASSIGN(
        Statement statement,
        connection.prepare(
            "INSERT INTO task_event (task_sequence, tenant, kind, attempt, wall_ms, message) SELECT"
            " sequence, tenant, ?, ?, ?, ? FROM task WHERE id = ?"));
    statement.bind_all(
        domain::to_string(event.kind),
        event.attempt,
        event.wall_ms,
        event.message,
        event.task.text());
    DARKROOM_TRY(statement.run());
    return add_deliveries(connection, event);
}

Result<EventPage> read_events(Connection& connection, const EventFilter& filter) {
    std::string sql =
        "SELECT task_event.sequence, task.id, task.tenant, task.idempotency_key, task_event.kind,"
        " task_event.attempt, task_event.wall_ms, task_event.message, task.traceparent FROM "
        "task_event"
        " JOIN task ON task.sequence = task_event.task_sequence WHERE task_event.sequence > ?";
    if (filter.tenant) sql += " AND task_event.tenant = ?";
    if (filter.task) {
        sql += " AND task_event.task_sequence = (SELECT sequence FROM task WHERE id = ?)";
    }
    sql += " ORDER BY task_event.sequence LIMIT ?";

    EventPage page;
    DARKROOM_TRY_ASSIGN(page.newest, newest_sequence(connection));
    DARKROOM_TRY_ASSIGN(Statement statement, connection.prepare(sql));
    int index = 0;
    statement.bind(++index, filter.after);
    if (filter.tenant) statement.bind(++index, *filter.tenant);
    if (filter.task) statement.bind(++index, filter.task->text());
    statement.bind(++index, filter.limit);
    while (true) {
        DARKROOM_TRY_ASSIGN(const bool has_row, statement.step());
        if (!has_row) return page;
        DARKROOM_TRY_ASSIGN(domain::TaskEvent event, read_event(statement));
        page.events.push_back(std::move(event));
    }
}

}  // namespace darkroom::storage
