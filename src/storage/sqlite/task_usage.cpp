// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite/task_usage.h"

#include <algorithm>
#include <utility>

#include "base/format.h"

namespace darkroom::storage {

Result<void> keep_usage(Connection& connection, const domain::Task& task) {
    domain::Usage usage;
    domain::add_task(usage, task);
    DARKROOM_TRY_ASSIGN(
        Statement statement,
        connection.prepare(
            "INSERT INTO removed_usage (tenant, day, model, requests, pictures, step_pixels,"
            " busy_ms, result_bytes) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (tenant, day,"
            " model) DO UPDATE SET requests = requests + excluded.requests, pictures = pictures +"
            " excluded.pictures, step_pixels = step_pixels + excluded.step_pixels, busy_ms ="
            " busy_ms + excluded.busy_ms, result_bytes = result_bytes + excluded.result_bytes"));
    statement.bind_all(
        task.tenant,
        domain::usage_day(task),
        task.model,
        usage.requests,
        usage.pictures,
        usage.step_pixels,
        usage.busy_ms,
        usage.bytes);
    return statement.run();
}

Result<std::vector<domain::Usage>> sum_usage(Connection& connection, const UsageFilter& filter) {
    const char* of_tenant = filter.tenant ? " AND tenant = ?" : "";
    DARKROOM_TRY_ASSIGN(
        Statement statement,
        connection.prepare(format(
            "SELECT tenant, day, model, sum(requests), sum(pictures), sum(step_pixels),"
            " sum(busy_ms), sum(result_bytes) FROM (SELECT tenant, created_ms / {} AS day, model, 1"
            " AS requests, iif(state = 'succeeded', pictures, 0) AS pictures, iif(state ="
            " 'succeeded', step_pixels, 0) AS step_pixels, busy_ms, result_bytes FROM task WHERE"
            " created_ms >= ? AND created_ms < ?{} UNION ALL SELECT tenant, day, model, requests,"
            " pictures, step_pixels, busy_ms, result_bytes FROM removed_usage WHERE day >= ? AND"
            " day <= ?{}) GROUP BY tenant, day, model ORDER BY tenant, day, model",
            domain::kMsPerDay,
            of_tenant,
            of_tenant)));
    int index = 0;
    statement.bind(++index, filter.first_day * domain::kMsPerDay);
    statement.bind(++index, (filter.last_day + 1) * domain::kMsPerDay);
    if (filter.tenant) statement.bind(++index, *filter.tenant);
    statement.bind(++index, filter.first_day);
    statement.bind(++index, filter.last_day);
    if (filter.tenant) statement.bind(++index, *filter.tenant);

    std::vector<domain::Usage> rows;
    while (true) {
        DARKROOM_TRY_ASSIGN(const bool has_row, statement.step());
        if (!has_row) return rows;
        domain::Usage row;
        row.tenant = statement.text(0);
        row.day = statement.integer(1);
        row.model = statement.text(2);
        row.requests = statement.integer(3);
        row.pictures = statement.integer(4);
        row.step_pixels = statement.integer(5);
        row.busy_ms = statement.integer(6);
        row.bytes = statement.integer(7);
        rows.push_back(std::move(row));
    }
}

Result<std::vector<DrawnTask>> list_drawn_tasks(Connection& connection, const DrawnFilter& filter) {
    DARKROOM_TRY_ASSIGN(
        Statement statement,
        connection.prepare("SELECT iif(model = '', kind, model), work_size, device_s FROM task"
                           " INDEXED BY task_drawn WHERE device_s > 0"
                           " ORDER BY finished_ms DESC, sequence DESC LIMIT ?"));
    statement.bind_all(filter.limit);
    std::vector<DrawnTask> drawn;
    while (true) {
        DARKROOM_TRY_ASSIGN(const bool has_row, statement.step());
        if (!has_row) break;
        drawn.push_back({statement.text(0), statement.real(1), statement.real(2)});
    }
    std::ranges::reverse(drawn);
    return drawn;
}

}  // namespace darkroom::storage
