// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite/task_operations.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "base/format.h"
#include "storage/sqlite/task_row.h"
#include "storage/sqlite/task_usage.h"

namespace darkroom::storage {
namespace {

/// A waiting task as far as the order of claims needs it.
struct Candidate {
    std::int64_t sequence = 0;
    std::int64_t priority = 0;
    double vft = 0.0;
    bool is_suspect = false;

    friend bool operator<(const Candidate& a, const Candidate& b) {
        if (a.priority != b.priority) return a.priority > b.priority;
        return a.vft != b.vft ? a.vft < b.vft : a.sequence < b.sequence;
    }
};

/// The best candidates of one checkpoint, or of all when absent; both walk an index in order.
Result<std::vector<Candidate>> best_candidates(
    Connection& connection,
    const std::optional<std::string>& model,
    const ClaimRequest& request,
    std::int64_t wall_ms) {
    // Without a hint, a claim for any checkpoint would sort all of the wider index.
    const char* const source =
        model ? "task_queue_of_model WHERE model = ? AND" : "task_queue WHERE";
    DARKROOM_TRY_ASSIGN(
        Statement statement,
        connection.prepare(format(
            "SELECT sequence, priority, vft, failures FROM task INDEXED BY {} state = 'queued' AND"
            " not_before_ms <= ? AND (deadline_ms IS NULL OR deadline_ms > ?)"
            " ORDER BY priority DESC, vft, sequence LIMIT ?",
            source)));
    int index = 0;
    if (model) statement.bind(++index, *model);
    statement.bind(++index, wall_ms);
    statement.bind(++index, wall_ms);
    statement.bind(++index, request.max_count);
    std::vector<Candidate> candidates;
    while (true) {
        DARKROOM_TRY_ASSIGN(const bool has_row, statement.step());
        if (!has_row) return candidates;
        Candidate candidate{statement.integer(0), statement.integer(1), statement.real(2)};
        candidate.is_suspect = statement.integer(3) > 0;
        candidates.push_back(candidate);
    }
}

/// A suspect is leased alone or not at all, and ends the list.
void cut_at_suspect(std::vector<Candidate>& sorted, bool takes_suspects) {
    const auto suspect = std::ranges::find_if(sorted, &Candidate::is_suspect);
    const bool is_first = suspect == sorted.begin() && suspect != sorted.end();
    sorted.erase(is_first && takes_suspects ? suspect + 1 : suspect, sorted.end());
}

/// The best candidates of the checkpoints, in order.
Result<std::vector<Candidate>> candidates_of(
    Connection& connection, const ClaimRequest& request, std::int64_t wall_ms) {
    if (request.models.empty()) return best_candidates(connection, {}, request, wall_ms);
    std::vector<std::string> models = request.models;
    std::ranges::sort(models);
    models.erase(std::unique(models.begin(), models.end()), models.end());
    std::vector<Candidate> merged;
    for (const std::string& model : models) {
        DARKROOM_TRY_ASSIGN(
            const std::vector<Candidate> found,
            best_candidates(connection, model, request, wall_ms));
        merged.insert(merged.end(), found.begin(), found.end());
    }
    std::sort(merged.begin(), merged.end());
    merged.resize(std::min(merged.size(), static_cast<std::size_t>(request.max_count)));
    return merged;
}

Result<std::vector<Candidate>> candidates_for(
    Connection& connection, const ClaimRequest& request, std::int64_t wall_ms) {
    DARKROOM_TRY_ASSIGN(
        std::vector<Candidate> candidates, candidates_of(connection, request, wall_ms));
    cut_at_suspect(candidates, request.takes_suspects);
    return candidates;
}

Result<domain::Task> read_by_sequence(Connection& connection, std::int64_t sequence) {
    DARKROOM_TRY_ASSIGN(
        Statement statement, select_tasks(connection, Payload::with, "WHERE task.sequence = ?"));
    statement.bind_all(sequence);
    DARKROOM_TRY_ASSIGN(std::vector<domain::Task> tasks, read_tasks(statement, Payload::with));
    DARKROOM_CHECK(tasks.size() == 1, "no task at {}", sequence);
    return std::move(tasks.front());
}

/// Nothing has an empty key.
Result<std::optional<domain::Task>> find_by_name(Connection& connection, const TaskName& name) {
    if (name.idempotency_key.empty()) return std::optional<domain::Task>();
    DARKROOM_TRY_ASSIGN(
        Statement statement,
        select_tasks(connection, Payload::with, "WHERE tenant = ? AND idempotency_key = ?"));
    statement.bind_all(name.tenant, name.idempotency_key);
    DARKROOM_TRY_ASSIGN(std::vector<domain::Task> tasks, read_tasks(statement, Payload::with));
    if (tasks.empty()) return std::optional<domain::Task>();
    return std::optional<domain::Task>(std::move(tasks.front()));
}

/// Safe to paste: the words are ours and have no quotes in them.
std::string json_array(const std::vector<domain::TaskState>& states) {
    std::string words;
    for (const domain::TaskState state : states) {
        words += format("{}\"{}\"", words.empty() ? "" : ",", to_string(state));
    }
    return "[" + words + "]";
}

/// Rows of the hot table for a condition and its parameters, oldest first.
template <class... Values>
Result<std::vector<domain::Task>> tasks_where(
    Connection& connection, std::string_view condition, const Values&... values) {
    DARKROOM_TRY_ASSIGN(
        Statement statement,
        select_tasks(
            connection, Payload::without, format("WHERE {} ORDER BY sequence", condition)));
    statement.bind_all(values...);
    return read_tasks(statement, Payload::without);
}

/// From name to name along the index task_ended, however many tasks each has.
Result<std::vector<std::string>> tenants_with_ended(Connection& connection) {
    DARKROOM_TRY_ASSIGN(
        Statement statement,
        connection.prepare(
            "WITH RECURSIVE name (tenant) AS ("
            " SELECT min(tenant) FROM task WHERE finished_ms IS NOT NULL"
            " UNION ALL SELECT (SELECT min(tenant) FROM task WHERE finished_ms IS NOT NULL"
            " AND tenant > name.tenant) FROM name WHERE name.tenant IS NOT NULL)"
            " SELECT tenant FROM name WHERE tenant IS NOT NULL"));
    std::vector<std::string> tenants;
    while (true) {
        DARKROOM_TRY_ASSIGN(const bool has_row, statement.step());
        if (!has_row) return tenants;
        tenants.push_back(statement.text(0));
    }
}

Result<EndedLeases> release_tasks(
    Connection& connection,
    const std::vector<domain::Task>& tasks,
    domain::Release how,
    const domain::FailureContext& context) {
    EndedLeases ended;
    for (const domain::Task& before : tasks) {
        domain::Task task = before;
        const domain::ReleaseOutcome outcome = domain::release(task, how, context);
        DARKROOM_TRY(update_task(connection, before, task, context.wall_ms));
        ended.add(task.id, outcome);
    }
    return ended;
}

}  // namespace

Result<Submitted> submit_task(
    Connection& connection, const domain::NewTask& request, std::int64_t created_ms) {
    const TaskName name{request.tenant, request.idempotency_key};
    DARKROOM_TRY_ASSIGN(std::optional<domain::Task> first, find_by_name(connection, name));
    if (first) {
        if (first->body_hash != request.body_hash || first->kind != request.kind)
            return idempotency_key_reused();
        return Submitted{*std::move(first), /*is_new=*/false};
    }
    DARKROOM_TRY_ASSIGN(
        const std::optional<domain::Task> same_id,
        find_task(connection, request.id, Payload::without));
    if (same_id) return task_id_taken();
    if (request.bounds.tasks || request.bounds.seconds) {
        DARKROOM_TRY_ASSIGN(
            const QueuedWork queued, sum_queued(connection, CountFilter{request.tenant}));
        DARKROOM_TRY(check_bounds(request, queued));
    }
    domain::Task task = domain::make_task(request, created_ms);
    DARKROOM_TRY(insert_task(connection, task));
    return Submitted{std::move(task), /*is_new=*/true};
}

Result<domain::Task> get_task(Connection& connection, const domain::TaskId& id) {
    DARKROOM_TRY_ASSIGN(
        std::optional<domain::Task> found, find_task(connection, id, Payload::with));
    if (!found) return no_such_task();
    return *std::move(found);
}

Result<domain::Task> find_named_task(Connection& connection, const TaskName& name) {
    DARKROOM_TRY_ASSIGN(std::optional<domain::Task> found, find_by_name(connection, name));
    if (!found) return no_such_task();
    return *std::move(found);
}

Result<std::vector<domain::Task>> list_tasks(Connection& connection, const TaskFilter& filter) {
    const Payload payload = filter.with_payload ? Payload::with : Payload::without;
    std::string rest = "WHERE TRUE";
    if (filter.tenant) rest += " AND tenant = ?";
    if (!filter.states.empty()) rest += " AND state IN (SELECT value FROM json_each(?))";
    if (filter.before) rest += " AND task.sequence < (SELECT sequence FROM task WHERE id = ?)";
    rest += " ORDER BY task.sequence DESC LIMIT ?";
    const std::string states = json_array(filter.states);

    DARKROOM_TRY_ASSIGN(Statement statement, select_tasks(connection, payload, rest));
    int index = 0;
    if (filter.tenant) statement.bind(++index, *filter.tenant);
    if (!filter.states.empty()) statement.bind(++index, states);
    if (filter.before) statement.bind(++index, filter.before->text());
    statement.bind(++index, filter.limit);
    return read_tasks(statement, payload);
}

Result<TaskCounts> count_tasks(Connection& connection, const CountFilter& filter) {
    DARKROOM_TRY_ASSIGN(
        Statement statement,
        connection.prepare(format(
            "SELECT state, count(*) FROM task {} GROUP BY state",
            filter.tenant ? "WHERE tenant = ?" : "")));
    if (filter.tenant) statement.bind_all(*filter.tenant);
    TaskCounts counts;
    while (true) {
        DARKROOM_TRY_ASSIGN(const bool has_row, statement.step());
        if (!has_row) return counts;
        DARKROOM_TRY_ASSIGN(
            const domain::TaskState state, domain::parse_task_state(statement.text(0)));
        counts[state] = statement.integer(1);
    }
}

Result<std::vector<BacklogEntry>> sum_backlog(Connection& connection, std::int64_t wall_ms) {
    // Reads nothing but the index task_queue_of_model.
    DARKROOM_TRY_ASSIGN(
        Statement statement,
        connection.prepare(
            "SELECT model, priority, count(*), sum(cost_s), min(vft), min(created_ms) FROM task"
            " WHERE state = 'queued' AND not_before_ms <= ? AND (deadline_ms IS NULL OR"
            " deadline_ms > ?) GROUP BY model, priority ORDER BY model, priority DESC"));
    statement.bind_all(wall_ms, wall_ms);
    std::vector<BacklogEntry> entries;
    while (true) {
        DARKROOM_TRY_ASSIGN(const bool has_row, statement.step());
        if (!has_row) return entries;
        BacklogEntry entry;
        entry.model = statement.text(0);
        entry.priority = static_cast<std::int32_t>(statement.integer(1));
        entry.tasks = statement.integer(2);
        entry.cost_s = statement.real(3);
        entry.least_vft = statement.real(4);
        entry.oldest_ms = statement.integer(5);
        entries.push_back(std::move(entry));
    }
}

Result<QueuedWork> sum_queued(Connection& connection, const CountFilter& filter) {
    DARKROOM_TRY_ASSIGN(
        Statement statement,
        connection.prepare(format(
            "SELECT count(*), total(cost_s) FROM task WHERE state = 'queued'{}",
            filter.tenant ? " AND tenant = ?" : "")));
    if (filter.tenant) statement.bind_all(*filter.tenant);
    DARKROOM_TRY_ASSIGN(const bool has_row, statement.step());
    DARKROOM_CHECK(has_row, "an aggregate without a row");
    return QueuedWork{statement.integer(0), statement.real(1)};
}

Result<std::vector<domain::Task>> claim_tasks(
    Connection& connection, const ClaimRequest& request, Moment now) {
    DARKROOM_TRY_ASSIGN(
        const std::vector<Candidate> candidates, candidates_for(connection, request, now.wall_ms));
    std::vector<domain::Task> claimed;
    for (const Candidate& candidate : candidates) {
        DARKROOM_TRY_ASSIGN(
            const domain::Task before, read_by_sequence(connection, candidate.sequence));
        domain::Task task = before;
        domain::grant_lease(task, request.agent, now.boot_ms + request.lease_ms);
        DARKROOM_TRY(update_task(connection, before, task, now.wall_ms));
        claimed.push_back(std::move(task));
    }
    return claimed;
}

Result<std::vector<HeartbeatReply>> renew_leases(
    Connection& connection, const Heartbeat& request, Moment now) {
    std::vector<HeartbeatReply> replies;
    for (const HeldTask& held : request.tasks) {
        DARKROOM_TRY_ASSIGN(
            const std::optional<domain::Task> before,
            find_task(connection, held.id, Payload::without));
        HeartbeatReply reply{held.id};
        if (before) {
            domain::Task task = *before;
            const domain::LeaseToken token{held.id, held.attempt, request.agent};
            reply.status = domain::renew_lease(task, token, now.boot_ms + request.lease_ms);
            DARKROOM_TRY(update_task(connection, *before, task, now.wall_ms));
        }
        replies.push_back(std::move(reply));
    }
    return replies;
}

Result<EndedLeases> release_leases_of(
    Connection& connection, const AgentRelease& request, const domain::FailureContext& context) {
    DARKROOM_TRY_ASSIGN(
        const std::vector<domain::Task> tasks,
        tasks_where(
            connection,
            "state IN ('leased', 'running', 'uploading') AND owner = ?",
            request.agent));
    const domain::Release how{.counts_as_failure = request.counts_as_failure};
    return release_tasks(connection, tasks, how, context);
}

Result<EndedLeases> release_all_leases(
    Connection& connection, const domain::FailureContext& context) {
    DARKROOM_TRY_ASSIGN(
        const std::vector<domain::Task> tasks,
        tasks_where(connection, "state IN ('leased', 'running', 'uploading')"));
    return release_tasks(connection, tasks, domain::Release{.counts_as_failure = false}, context);
}

Result<EndedLeases> end_overdue(
    Connection& connection, const domain::FailureContext& context, std::int64_t boot_ms) {
    DARKROOM_TRY_ASSIGN(
        const std::vector<domain::Task> waiting,
        tasks_where(
            connection,
            "state = 'queued' AND deadline_ms IS NOT NULL AND deadline_ms <= ?",
            context.wall_ms));
    DARKROOM_TRY_ASSIGN(
        const std::vector<domain::Task> held,
        tasks_where(
            connection,
            "state IN ('leased', 'running', 'uploading') AND lease_until_ms <= ?",
            boot_ms));
    DARKROOM_TRY_ASSIGN(
        EndedLeases ended, release_tasks(connection, held, domain::Release{}, context));
    for (const domain::Task& before : waiting) {
        domain::Task task = before;
        if (!domain::expire(task, context.wall_ms)) continue;
        DARKROOM_TRY(update_task(connection, before, task, context.wall_ms));
        ended.expired.push_back(task.id);
    }
    return ended;
}

Result<std::vector<EndedTask>> list_ended_tasks(Connection& connection, const EndedFilter& filter) {
    DARKROOM_TRY_ASSIGN(const std::vector<std::string> tenants, tenants_with_ended(connection));
    std::vector<EndedTask> ended;
    for (const std::string& tenant : tenants) {
        const auto own = filter.of_tenant.find(tenant);
        const auto before = own == filter.of_tenant.end() ? filter.before_ms : own->second;
        const auto room =
            static_cast<std::int64_t>(filter.limit) - static_cast<std::int64_t>(ended.size());
        if (!before || room <= 0) continue;
        DARKROOM_TRY_ASSIGN(
            Statement statement,
            connection.prepare("SELECT id, finished_ms FROM task WHERE tenant = ?"
                               " AND finished_ms < ? ORDER BY finished_ms, sequence LIMIT ?"));
        statement.bind_all(tenant, *before, room);
        while (true) {
            DARKROOM_TRY_ASSIGN(const bool has_row, statement.step());
            if (!has_row) break;
            DARKROOM_TRY_ASSIGN(domain::TaskId id, domain::TaskId::parse(statement.text(0)));
            ended.push_back({std::move(id), tenant, statement.integer(1)});
        }
    }
    return ended;
}

Result<void> give_up_pictures_of(
    Connection& connection, const domain::TaskId& id, std::int64_t wall_ms) {
    DARKROOM_TRY_ASSIGN(
        const std::optional<domain::Task> task, find_task(connection, id, Payload::without));
    if (!task) return no_such_task();
    if (!domain::is_final(task->state)) return task_not_final();
    DARKROOM_TRY_ASSIGN(
        Statement statement,
        connection.prepare("UPDATE task SET pictures_removed_ms = ? WHERE id = ? AND"
                           " pictures_removed_ms IS NULL"));
    statement.bind_all(wall_ms, id.text());
    return statement.run();
}

Result<void> remove_task(Connection& connection, const domain::TaskId& id) {
    DARKROOM_TRY_ASSIGN(
        const std::optional<domain::Task> task, find_task(connection, id, Payload::without));
    if (!task) return no_such_task();
    if (!domain::is_final(task->state)) return task_not_final();
    DARKROOM_TRY(keep_usage(connection, *task));
    return delete_task(connection, id);
}

}  // namespace darkroom::storage
