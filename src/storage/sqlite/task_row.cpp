// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite/task_row.h"

#include <string>
#include <tuple>
#include <utility>

#include "base/format.h"
#include "storage/sqlite/task_log.h"

namespace darkroom::storage {
namespace {

constexpr const char* kColumns =
    "id, tenant, idempotency_key, body_hash, kind, model, priority, cost_s, vft, state, attempt,"
    " failures, owner, lease_until_ms, not_before_ms, deadline_ms, created_ms, started_ms,"
    " finished_ms, cancel_requested, error_code, error_message, error_field, pictures,"
    " step_pixels, busy_ms, result_bytes, pictures_removed_ms,"
    " traceparent, work_size, device_s";

constexpr const char* kPayloadColumns = ", task_request.body, task_result.body";

constexpr const char* kPayloadTables =
    " LEFT JOIN task_request USING (sequence) LEFT JOIN task_result USING (sequence)";

Error damaged(const Error& cause) {
    return Error{
        ErrorCode::corrupt_input,
        "the task database holds a row that is no task: " + cause.message};
}

/// The order is that of kColumns.
Result<domain::Task> read_task(const Statement& row, Payload payload) {
    Result<domain::TaskId> id = domain::TaskId::parse(row.text(0));
    if (!id) return damaged(id.error());
    const Result<domain::TaskState> state = domain::parse_task_state(row.text(9));
    if (!state) return damaged(state.error());

    domain::Task task{.id = *std::move(id)};
    task.tenant = row.text(1);
    task.idempotency_key = row.text(2);
    task.body_hash = row.text(3);
    task.kind = row.text(4);
    task.model = row.text(5);
    task.priority = static_cast<std::int32_t>(row.integer(6));
    task.cost_s = row.real(7);
    task.vft = row.real(8);
    task.state = *state;
    task.attempt = row.integer(10);
    task.failures = static_cast<std::int32_t>(row.integer(11));
    task.owner = row.text(12);
    task.lease_until_ms = row.optional_integer(13);
    task.not_before_ms = row.integer(14);
    task.deadline_ms = row.optional_integer(15);
    task.created_ms = row.integer(16);
    task.started_ms = row.optional_integer(17);
    task.finished_ms = row.optional_integer(18);
    task.cancel_requested = row.integer(19) != 0;
    if (!row.is_null(20)) {
        task.error = Error{error_code_from(row.text(20)), row.text(21), row.text(22)};
    }
    task.pictures = row.integer(23);
    task.step_pixels = row.integer(24);
    task.busy_ms = row.integer(25);
    task.result_bytes = row.integer(26);
    task.pictures_removed_ms = row.optional_integer(27);
    const Result<std::optional<TraceContext>> trace = parse_optional_trace(row.text(28));
    if (!trace) return damaged(trace.error());
    task.trace = *trace;
    task.work_size = row.real(29);
    task.device_s = row.real(30);
    if (payload == Payload::with) {
        task.request = row.text(31);
        task.result = row.text(32);
    }
    return task;
}

auto changeable_columns(const domain::Task& task) {
    return std::tie(
        task.state,
        task.attempt,
        task.failures,
        task.owner,
        task.lease_until_ms,
        task.not_before_ms,
        task.started_ms,
        task.finished_ms,
        task.cancel_requested,
        task.busy_ms,
        task.result_bytes,
        task.device_s);
}

struct ErrorColumns {
    std::optional<std::string_view> code, message, field;
};

ErrorColumns error_columns(const domain::Task& task) {
    if (!task.error) return {};
    return {to_string(task.error->code), task.error->message, task.error->field};
}

Result<void> insert_payload(
    Connection& connection, std::string_view sql, std::string_view body, const domain::TaskId& id) {
    DARKROOM_TRY_ASSIGN(Statement statement, connection.prepare(sql));
    statement.bind_all(body, id.text());
    return statement.run();
}

Result<void> insert_result(Connection& connection, const domain::Task& task) {
    return insert_payload(
        connection,
        "INSERT INTO task_result (body, sequence) VALUES (?, (SELECT sequence FROM task WHERE id ="
        " ?))",
        task.result,
        task.id);
}

}  // namespace

Result<Statement> select_tasks(Connection& connection, Payload payload, std::string_view rest) {
    const bool is_full = payload == Payload::with;
    return connection.prepare(format(
        "SELECT {}{} FROM task{} {}",
        kColumns,
        is_full ? kPayloadColumns : "",
        is_full ? kPayloadTables : "",
        rest));
}

Result<std::vector<domain::Task>> read_tasks(Statement& statement, Payload payload) {
    std::vector<domain::Task> tasks;
    while (true) {
        DARKROOM_TRY_ASSIGN(const bool has_row, statement.step());
        if (!has_row) return tasks;
        DARKROOM_TRY_ASSIGN(domain::Task task, read_task(statement, payload));
        tasks.push_back(std::move(task));
    }
}

Result<std::optional<domain::Task>> find_task(
    Connection& connection, const domain::TaskId& id, Payload payload) {
    DARKROOM_TRY_ASSIGN(Statement statement, select_tasks(connection, payload, "WHERE id = ?"));
    statement.bind_all(id.text());
    DARKROOM_TRY_ASSIGN(std::vector<domain::Task> tasks, read_tasks(statement, payload));
    if (tasks.empty()) return std::optional<domain::Task>();
    return std::optional<domain::Task>(std::move(tasks.front()));
}

Result<void> insert_task(Connection& connection, const domain::Task& task) {
    const std::string traceparent = traceparent_of(task.trace);
    DARKROOM_TRY_ASSIGN(
        Statement statement,
        connection.prepare(
            "INSERT INTO task (id, tenant, idempotency_key, body_hash, kind, model, priority,"
            " cost_s, vft, state, attempt, failures, owner, not_before_ms, deadline_ms, created_ms,"
            " started_ms, finished_ms, cancel_requested, pictures, step_pixels, traceparent,"
            " work_size) VALUES (?, ?, nullif(?, ''), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
            " ?, ?, ?, ?, ?)"));
    statement.bind_all(
        task.id.text(),
        task.tenant,
        task.idempotency_key,
        task.body_hash,
        task.kind,
        task.model,
        task.priority,
        task.cost_s,
        task.vft,
        to_string(task.state),
        task.attempt,
        task.failures,
        task.owner,
        task.not_before_ms,
        task.deadline_ms,
        task.created_ms,
        task.started_ms,
        task.finished_ms,
        task.cancel_requested,
        task.pictures,
        task.step_pixels,
        traceparent,
        task.work_size);
    DARKROOM_TRY(statement.run());
    DARKROOM_TRY(insert_payload(
        connection,
        "INSERT INTO task_request (body, sequence) VALUES (?, (SELECT sequence FROM task WHERE id ="
        " ?))",
        task.request,
        task.id));
    DARKROOM_TRY(append_event(connection, domain::submitted_event(task)));
    const auto end = domain::event_of_change(domain::TaskState::queued, task, task.created_ms);
    if (!end) return {};
    DARKROOM_TRY(append_event(connection, *end));
    return insert_result(connection, task);
}

Result<void> update_task(
    Connection& connection,
    const domain::Task& before,
    const domain::Task& after,
    std::int64_t wall_ms) {
    if (changeable_columns(before) == changeable_columns(after)) return {};
    DARKROOM_TRY_ASSIGN(
        Statement statement,
        connection.prepare("UPDATE task SET state = ?, attempt = ?, failures = ?, owner = ?,"
                           " lease_until_ms = ?, not_before_ms = ?, started_ms = ?, finished_ms ="
                           " ?, cancel_requested = ?, busy_ms = ?, result_bytes = ?, device_s = ?,"
                           " error_code = ?, error_message = ?, error_field = ? WHERE id = ? AND"
                           " state = ? AND attempt = ?"));
    const ErrorColumns error = error_columns(after);
    statement.bind_all(
        to_string(after.state),
        after.attempt,
        after.failures,
        after.owner,
        after.lease_until_ms,
        after.not_before_ms,
        after.started_ms,
        after.finished_ms,
        after.cancel_requested,
        after.busy_ms,
        after.result_bytes,
        after.device_s,
        error.code,
        error.message,
        error.field,
        before.id.text(),
        to_string(before.state),
        before.attempt);
    DARKROOM_TRY(statement.run());
    DARKROOM_CHECK(connection.changed_rows() == 1, "task {} changed in between", before.id.text());
    if (const auto event = domain::event_of_change(before.state, after, wall_ms)) {
        DARKROOM_TRY(append_event(connection, *event));
    }
    if (after.state != domain::TaskState::succeeded) return {};
    return insert_result(connection, after);
}

Result<void> delete_task(Connection& connection, const domain::TaskId& id) {
    DARKROOM_TRY_ASSIGN(Statement statement, connection.prepare("DELETE FROM task WHERE id = ?"));
    statement.bind_all(id.text());
    return statement.run();
}

}  // namespace darkroom::storage
