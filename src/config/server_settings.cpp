// SPDX-License-Identifier: Apache-2.0
#include "config/setting.h"

namespace darkroom::config {
namespace {

Settings listening() {
    return {
        {.name = "server.host",
         .type = Type::text,
         .fallback = std::string("127.0.0.1"),
         .doc = "Address to listen on.",
         .flag = "--host"},
        {.name = "server.port",
         .type = Type::integer,
         .fallback = std::int64_t{7860},
         .doc = "Port to listen on; 0 takes a free one.",
         .least = 0,
         .most = 65'535,
         .flag = "--port"},
        {.name = "server.allowed_hosts",
         .type = Type::text_list,
         .fallback = std::vector<std::string>(),
         .doc = "Further names that this server is called by; a request for another host is "
                "refused.",
         .flag = "--allowed-host"},
        {.name = "server.tls_certificate",
         .type = Type::text,
         .fallback = std::string(),
         .doc = "PEM file of the server's certificate, followed by those between it and its "
                "authority. With it, and its key, the server speaks https and nothing else.",
         .flag = "--tls-certificate"},
        {.name = "server.tls_key",
         .type = Type::text,
         .fallback = std::string(),
         .doc = "PEM file of the certificate's key, without a password. Both are read at the "
                "start; a restart takes up new ones.",
         .flag = "--tls-key"},
        {.name = "server.drain_seconds",
         .type = Type::integer,
         .fallback = std::int64_t{60},
         .doc = "Time for running tasks to finish on SIGTERM. What is not finished then goes back "
                "to the queue.",
         .least = 0,
         .most = 86'400,
         .unit = "s",
         .flag = "--drain-seconds"},
    };
}

Settings places() {
    return {
        {.name = "storage.data",
         .type = Type::path,
         .fallback = std::string("data"),
         .doc = "Folder for tasks, pictures and caches.",
         .flag = "--data"},
        {.name = "storage.models",
         .type = Type::path,
         .fallback = std::string("models"),
         .doc = "Folder of checkpoints.",
         .flag = "--models"},
        {.name = "storage.import_folder",
         .type = Type::text,
         .fallback = std::string(),
         .doc = "Folder whose files POST /models may copy into the models folder; none when empty.",
         .flag = "--import-folder"},
        {.name = "storage.minimum_free_mib",
         .type = Type::integer,
         .fallback = std::int64_t{512},
         .doc = "With less room on the disk of the data folder /readyz says not ready and /healthz "
                "degraded; 0 turns this off.",
         .least = 0,
         .most = std::int64_t{1} << 30,
         .unit = "MiB"},
        {.name = "engine.threads",
         .type = Type::integer,
         .fallback = std::int64_t{0},
         .doc = "Threads that draw; 0 takes one per core.",
         .least = 0,
         .most = 4'096,
         .flag = "--threads"},
        {.name = "engine.dtype",
         .type = Type::text,
         .fallback = std::string("auto"),
         .doc = "What the engine multiplies in; auto takes bf16 where the CPU has it, else f32. "
                "int8 is the fastest on CPUs with VNNI, and pictures differ a little.",
         .choices = {"auto", "f32", "bf16", "int8"},
         .flag = "--dtype"},
        {.name = "log.level",
         .type = Type::text,
         .fallback = std::string("info"),
         .doc = "The least important lines that are written.",
         .choices = {"error", "warning", "info", "debug", "trace"},
         .flag = "--log-level"},
        {.name = "log.format",
         .type = Type::text,
         .fallback = std::string("text"),
         .doc = "How a line is written: for people, or one JSON object each.",
         .choices = {"text", "json"},
         .flag = "--log-format"},
    };
}

Settings access() {
    return {
        {.name = "access.require_keys",
         .type = Type::boolean,
         .fallback = false,
         .doc = "Ask for credentials on loopback, too; on other addresses they are always asked "
                "for.",
         .flag = "--require-keys"},
        {.name = "access.compat",
         .type = Type::text,
         .fallback = std::string("default"),
         .doc = "Strict answers a request without a valid credential with 410 instead of 401.",
         .choices = {"default", "strict"},
         .flag = "--compat"},
        {.name = "access.trusted_proxies",
         .type = Type::text_list,
         .fallback = std::vector<std::string>(),
         .doc = "Addresses of proxies whose X-Forwarded-For, -Proto and -Host are believed.",
         .flag = "--trusted-proxy"},
    };
}

Settings queue() {
    return {
        {.name = "queue.tasks",
         .type = Type::integer,
         .fallback = std::int64_t{10'000},
         .doc = "Tasks that may wait; 0 is any number. A request that finds the queue full is "
                "answered with 429.",
         .least = 0,
         .flag = "--max-queued"},
        {.name = "queue.tasks_per_tenant",
         .type = Type::integer,
         .fallback = std::int64_t{1'000},
         .doc = "The same of one tenant.",
         .least = 0,
         .flag = "--max-queued-per-tenant"},
    };
}

Settings agents() {
    return {
        {.name = "agents.most",
         .type = Type::integer,
         .fallback = std::int64_t{1},
         .doc = "Agents that may run at once.",
         .least = 1,
         .most = 1'000,
         .flag = "--max-agents"},
        {.name = "agents.spare",
         .type = Type::integer,
         .fallback = std::int64_t{0},
         .doc = "Agents that are kept ready without a checkpoint.",
         .least = 0,
         .most = 1'000,
         .flag = "--spare-agents"},
        {.name = "agents.idle_seconds",
         .type = Type::integer,
         .fallback = std::int64_t{300},
         .doc = "Time after which an agent without work ends, and with it the checkpoint that it "
                "holds.",
         .least = 0,
         .unit = "s",
         .flag = "--idle-seconds"},
        {.name = "agents.memory_mib",
         .type = Type::integer,
         .fallback = std::int64_t{0},
         .doc = "Memory of all agents together; 0 is no limit.",
         .least = 0,
         .most = std::int64_t{1} << 30,
         .unit = "MiB",
         .flag = "--memory-budget"},
    };
}

Setting age(std::string name, std::string doc) {
    return {
        .name = std::move(name),
        .type = Type::integer,
        .fallback = std::int64_t{0},
        .doc = std::move(doc),
        .least = 0,
        .most = 36'500,
        .unit = "days"};
}

Settings retention() {
    return {
        age("retention.task_days",
            "Tasks that ended longer ago are removed, with their pictures; 0 keeps them."),
        age("retention.picture_days",
            "Older pictures are removed, their tasks stay; 0 keeps them as long as their task."),
        {.name = "retention.sweep_minutes",
         .type = Type::integer,
         .fallback = std::int64_t{60},
         .doc = "How often tasks and pictures past their age are removed, and pictures that a "
                "crash left behind a day ago.",
         .least = 1,
         .most = 1'440,
         .unit = "min"},
        age("retention.tenant.*.task_days", "As `retention.task_days`, for one tenant."),
        age("retention.tenant.*.picture_days", "As `retention.picture_days`, for one tenant."),
    };
}

Settings models() {
    return {
        {.name = "models.url_places",
         .type = Type::text_list,
         .fallback = std::vector<std::string>(),
         .doc = "Where POST /models may fetch files from: URLs that end in a slash, such as "
                "\"https://example.org/models/\". A redirect has to lead to one of them, too.",
         .flag = "--model-url"},
        {.name = "models.networks",
         .type = Type::text_list,
         .fallback = std::vector<std::string>(),
         .doc = "Networks beside the public internet that these may be in, also without https.",
         .flag = "--model-network"},
    };
}

Settings images() {
    return {
        {.name = "images.url_places",
         .type = Type::text_list,
         .fallback = std::vector<std::string>(),
         .doc = "Where the pictures of a request may be fetched from when it names URLs instead: "
                "URLs that end in a slash. A redirect has to lead to one of them, too.",
         .flag = "--image-url"},
        {.name = "images.networks",
         .type = Type::text_list,
         .fallback = std::vector<std::string>(),
         .doc = "Networks beside the public internet that these may be in, also without https.",
         .flag = "--image-network"},
    };
}

Settings webhooks() {
    return {
        {.name = "webhooks.networks",
         .type = Type::text_list,
         .fallback = std::vector<std::string>(),
         .doc = "Networks beside the public internet that webhooks may be sent to, also without "
                "https: \"10.1.0.0/16\", \"127.0.0.1\".",
         .flag = "--webhook-network"},
    };
}

}  // namespace

Settings server_settings() {
    Settings all = listening();
    for (const Settings& group :
         {access(), queue(), agents(), places(), models(), images(), retention(), webhooks()})
        all.insert(all.end(), group.begin(), group.end());
    return all;
}

}  // namespace darkroom::config
