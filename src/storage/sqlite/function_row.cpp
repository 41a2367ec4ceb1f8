// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite/function_row.h"

#include <string>

#include "base/format.h"

namespace darkroom::storage {
namespace {

constexpr const char* kColumns =
    "name, checkpoint, min_instances, max_instances, cpu, memory_mb, timeout_s, gpu_memory_mb,"
    " instance_type, image, extra_args, vpc_config, nas_config, oss_mount_config,"
    " requests, pictures, failures, created_ms, last_used_ms";

domain::Function read_row(const Statement& row) {
    domain::Function function;
    int column = 0;
    const auto text = [&] { return row.text(column++); };
    const auto integer = [&] { return row.integer(column++); };
    function.name = text();
    function.checkpoint = text();
    domain::FunctionSettings& settings = function.settings;
    settings.min_instances = integer();
    settings.max_instances = integer();
    settings.cpu = row.real(column++);
    settings.memory_mb = integer();
    settings.timeout_s = integer();
    settings.gpu_memory_mb = integer();
    settings.instance_type = text();
    settings.image = text();
    settings.extra_args = text();
    settings.vpc_config = text();
    settings.nas_config = text();
    settings.oss_mount_config = text();
    function.usage.requests = integer();
    function.usage.pictures = integer();
    function.usage.failures = integer();
    function.created_ms = integer();
    function.last_used_ms = row.optional_integer(column);
    return function;
}

Result<void> read_env(Connection& connection, domain::Function& function) {
    DARKROOM_TRY_ASSIGN(
        Statement statement,
        connection.prepare("SELECT key, value FROM function_env WHERE name = ?"));
    statement.bind_all(function.name);
    while (true) {
        DARKROOM_TRY_ASSIGN(const bool has_row, statement.step());
        if (!has_row) return {};
        function.settings.env[statement.text(0)] = statement.text(1);
    }
}

Result<std::vector<domain::Function>> read_rows(Connection& connection, Statement& statement) {
    std::vector<domain::Function> functions;
    while (true) {
        DARKROOM_TRY_ASSIGN(const bool has_row, statement.step());
        if (!has_row) break;
        functions.push_back(read_row(statement));
    }
    for (domain::Function& function : functions)
        DARKROOM_TRY(read_env(connection, function));
    return functions;
}

Result<void> save_env(Connection& connection, const domain::Function& function) {
    {
        DARKROOM_TRY_ASSIGN(
            Statement statement, connection.prepare("DELETE FROM function_env WHERE name = ?"));
        statement.bind_all(function.name);
        DARKROOM_TRY(statement.run());
    }
    for (const auto& [key, value] : function.settings.env) {
        DARKROOM_TRY_ASSIGN(
            Statement statement,
            connection.prepare("INSERT INTO function_env (name, key, value) VALUES (?, ?, ?)"));
        statement.bind_all(function.name, key, value);
        DARKROOM_TRY(statement.run());
    }
    return {};
}

}  // namespace

Result<std::vector<domain::Function>> list_functions(Connection& connection) {
    DARKROOM_TRY_ASSIGN(
        Statement statement,
        connection.prepare(format("SELECT {} FROM function ORDER BY checkpoint", kColumns)));
    return read_rows(connection, statement);
}

Result<std::optional<domain::Function>> find_function(
    Connection& connection, std::string_view name) {
    DARKROOM_TRY_ASSIGN(
        Statement statement,
        connection.prepare(format("SELECT {} FROM function WHERE name = ?", kColumns)));
    statement.bind_all(name);
    DARKROOM_TRY_ASSIGN(std::vector<domain::Function> functions, read_rows(connection, statement));
    if (functions.empty()) return std::optional<domain::Function>();
    return std::optional(std::move(functions.front()));
}

Result<void> save_function(Connection& connection, const domain::Function& function) {
    {
        DARKROOM_TRY_ASSIGN(
            Statement statement,
            connection.prepare(format(
                "INSERT INTO function ({}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
                " ?, ?, ?) ON CONFLICT (name) DO UPDATE SET min_instances = excluded.min_instances,"
                " max_instances = excluded.max_instances, cpu = excluded.cpu,"
                " memory_mb = excluded.memory_mb, timeout_s = excluded.timeout_s,"
                " gpu_memory_mb = excluded.gpu_memory_mb, instance_type = excluded.instance_type,"
                " image = excluded.image, extra_args = excluded.extra_args,"
                " vpc_config = excluded.vpc_config, nas_config = excluded.nas_config,"
                " oss_mount_config = excluded.oss_mount_config, requests = excluded.requests,"
                " pictures = excluded.pictures, failures = excluded.failures,"
                " last_used_ms = excluded.last_used_ms",
                kColumns)));
        const domain::FunctionSettings& settings = function.settings;
        statement.bind_all(
            function.name,
            function.checkpoint,
            settings.min_instances,
            settings.max_instances,
            settings.cpu,
            settings.memory_mb,
            settings.timeout_s,
            settings.gpu_memory_mb,
            settings.instance_type,
            settings.image,
            settings.extra_args,
            settings.vpc_config,
            settings.nas_config,
            settings.oss_mount_config,
            function.usage.requests,
            function.usage.pictures,
            function.usage.failures,
            function.created_ms,
            function.last_used_ms);
        DARKROOM_TRY(statement.run());
    }
    return save_env(connection, function);
}

Result<void> remove_function(Connection& connection, std::string_view name) {
    DARKROOM_TRY_ASSIGN(
        Statement statement, connection.prepare("DELETE FROM function WHERE name = ?"));
    statement.bind_all(name);
    return statement.run();
}

}  // namespace darkroom::storage
