// SPDX-License-Identifier: Apache-2.0
#include <exception>
#include <functional>
#include <iostream>

#include <CLI/CLI.hpp>

#include "account_flags.h"
#include "command.h"
#include "config/setting.h"
#include "console.h"
#include "version.h"

namespace {

using namespace darkroom::app;  // NOLINT: the program is made of these
namespace config = darkroom::config;

using Run = std::function<int()>;

constexpr const char* kDescription =
    "Darkroom draws pictures with Stable Diffusion checkpoints: from the command line, or as a\n"
    "server with the AUTOMATIC1111 API.\n\n"
    "  darkroom generate \"a red apple, flat style, white background\" -o apple.png\n"
    "  darkroom serve --models models\n";
constexpr const char* kFooter =
    "\nExit status: 0 success, 1 failure (the message says why), 2 wrong usage.\n"
    "Environment: DARKROOM_CPU=avx512|avx2|portable forces an instruction set; DARKROOM_API_KEY is "
    "the\n"
    "key that generate shows to a --server.";

void add_generate(CLI::App& app, GenerateOptions& options, Run& run) {
    CLI::App* command = app.add_subcommand("generate", "Draw pictures from a prompt");
    command->add_option("prompt", options.prompt, "What to draw")->required();
    command->add_option("-n,--negative", options.negative_prompt, "What to keep out");
    command->add_option("-m,--model", options.model, "Checkpoint (default: the bundled one)");
    command->add_option("-o,--output", options.output, "PNG file to write")->required();
    command->add_option("--server", options.server, "Draw on a running server, by its URL");
    command->add_option("--steps", options.steps, "Sampling steps, 1 to 1000")
        ->capture_default_str();
    command->add_option("--cfg", options.cfg_scale, "Guidance scale")->capture_default_str();
    command->add_option("--init", options.init, "Picture to start from (image to image)");
    command->add_option("--mask", options.mask, "Picture that is white where to draw anew");
    command->add_option("--strength", options.strength, "How far from --init, 0 to 1 (0.75)");
    command->add_option(
        "--size",
        options.size,
        "WIDTHxHEIGHT (default: that of --init, else the checkpoint's own)");
    command->add_option("--seed", options.seed, "Seed (default: random)");
    command->add_option("--sampler", options.sampler, "Sampler")->capture_default_str();
    command->add_option("--schedule", options.schedule, "Schedule type")->capture_default_str();
    command->add_option("--batch", options.batch_size, "Pictures to draw")->capture_default_str();
    command->add_option("--clip-skip", options.clip_skip, "Text encoder layer from the end")
        ->capture_default_str();
    command->add_option("--cache", options.cache_folder, "Folder for packed weights");
    command->add_option("--threads", options.threads, "Threads (default: one per core)");
    command->add_option(
        "--dtype",
        options.dtype,
        "f32, bf16 or int8 (default: bf16 where the CPU has it, else f32)");
    command->callback([&] { run = [&] { return generate(options); }; });
}

void add_serve(CLI::App& app, ServeFlags& flags, Run& run) {
    CLI::App* command = app.add_subcommand("serve", "Serve the HTTP API");
    command->add_option("--config", flags.file, "TOML file with settings: docs/configuration.md");
    for (const config::Setting& setting : config::server_settings()) {
        if (setting.flag.empty()) continue;
        std::vector<std::string>& texts = flags.values[setting.flag];
        if (setting.type == config::Type::boolean) {
            command->add_flag(setting.flag, texts, setting.doc);
            continue;
        }
        CLI::Option* option = command->add_option(setting.flag, texts, setting.doc);
        const bool is_list = setting.type == config::Type::text_list;
        if (!is_list) option->expected(1)->default_str(config::show_value(setting.fallback));
    }
    command->callback([&] { run = [&] { return serve_configured(flags); }; });
}

void add_config(CLI::App& app, ConfigOptions& options, Run& run) {
    CLI::App* command = app.add_subcommand("config", "Settings of the server");
    command->require_subcommand(1);
    const auto add = [&](const char* name, const char* help, int (*action)(const ConfigOptions&)) {
        CLI::App* part = command->add_subcommand(name, help);
        part->callback([&, action] { run = [&, action] { return action(options); }; });
        return part;
    };
    add("check", "Report everything that is wrong with a file and the environment", config_check)
        ->add_option("file", options.file, "TOML file");
    add("show", "Print the settings that hold, and where each comes from", config_show)
        ->add_option("file", options.file, "TOML file");
    add("docs", "Print docs/configuration.md", config_docs);
}

void add_db(CLI::App& app, DatabaseOptions& options, Run& run) {
    CLI::App* command = app.add_subcommand("db", "Back up, restore and check the task database");
    command->require_subcommand(1);
    const auto add = [&](const char* name, const char* help, int (*act)(const DatabaseOptions&)) {
        CLI::App* part = command->add_subcommand(name, help);
        part->add_option("--data", options.data, "Folder of the server")->capture_default_str();
        part->callback([&, act] { run = [&, act] { return act(options); }; });
        return part;
    };
    add("backup", "Copy the database, beside a running server or not", database_backup)
        ->add_option("folder", options.backup, "Folder to make")
        ->required();
    CLI::App* restore =
        add("restore", "Put a backup in the place of the database", database_restore);
    restore->add_option("folder", options.backup, "Folder of the backup")->required();
    restore->add_flag("--force", options.force, "Replace a database that is there");
    add("check", "Compare database and pictures, and report what is wrong", database_check);
}

void add_agent(CLI::App& app, AgentOptions& options, Run& run) {
    CLI::App* command =
        app.add_subcommand("agent", "Worker process; started by serve, not by hand");
    command->add_option("--socket-fd", options.socket, "Inherited socket to the server")
        ->required();
    command->add_option("--cache", options.cache_folder, "Folder for packed weights");
    command->add_option("--threads", options.threads, "Threads (default: one per core)");
    command->add_option("--dtype", options.dtype, "auto, f32, bf16 or int8");
    command->add_option("--log-level", options.log_level, "error, warning, info, debug or trace");
    command->add_option("--log-format", options.log_format, "text or json");
    command->callback([&] { run = [&] { return run_agent(options); }; });
}

struct BenchToolOptions {
    BenchOptions engine;
    GatewayBenchOptions gateway;
};

void add_bench(CLI::App& app, BenchToolOptions& tool, Run& run) {
    BenchOptions& options = tool.engine;
    CLI::App* command = app.add_subcommand(
        "bench", "Measure the engine against this machine's peak in the same run");
    command->add_flag("--json", options.json, "Print JSON");
    command->add_option("--filter", options.filter, "Only what has this in its name");
    command->add_option("--repeat", options.repeat, "Repetitions; the best counts")
        ->capture_default_str();
    command->add_option("--threads", options.threads, "Threads (default: all)");
    command->add_option(
        "--model", options.model, "Checkpoint for the whole picture (default: the bundled)");
    GatewayBenchOptions& load = tool.gateway;
    CLI::App* gateway = command->add_subcommand(
        "gateway", "Measure instead how many requests and event streams the server bears");
    gateway->add_flag("--json", load.json, "Print JSON");
    gateway->add_option("--seconds", load.seconds, "Of each load")
        ->check(CLI::Range(1, 3'600))
        ->capture_default_str();
    gateway->add_option("--connections", load.connections, "Clients at once")
        ->check(CLI::Range(1, 1'000))
        ->capture_default_str();
    gateway->add_option("--streams", load.streams, "Event streams that stay open")
        ->check(CLI::Range(1, 100'000))
        ->capture_default_str();
    command->callback([&run, &options, &load, gateway] {
        run = [&options, &load, gateway] {
            return gateway->parsed() ? bench_gateway(load) : bench(options);
        };
    });
}

void add_tools(
    CLI::App& app,
    DoctorOptions& doctor_options,
    BenchToolOptions& bench_tool,
    SynthesizeOptions& synthesize_options,
    Run& run) {
    CLI::App* doctor_command = app.add_subcommand(
        "doctor", "Say what a checkpoint or a file of the weight cache is and whether it is whole");
    doctor_command->add_option("file", doctor_options.file, "Checkpoint, or .packed file")
        ->required();
    doctor_command->callback([&] { run = [&] { return doctor(doctor_options); }; });

    add_bench(app, bench_tool, run);

    CLI::App* synthesize_command = app.add_subcommand(
        "synthesize", "Write a full-size checkpoint of synthetic weights, for measurements");
    synthesize_command->add_option("--architecture", synthesize_options.architecture, "sd15")
        ->capture_default_str();
    synthesize_command->add_option("-o,--output", synthesize_options.output, "File to write")
        ->required();
    synthesize_command->callback([&] { run = [&] { return synthesize(synthesize_options); }; });
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app(kDescription, "darkroom");
    app.footer(kFooter);
    app.set_version_flag("--version", std::string("darkroom ") + darkroom::app::kVersion);
    app.require_subcommand(1);
    GenerateOptions generate_options;
    ServeFlags serve_flags;
    ConfigOptions config_options;
    DatabaseOptions database_options;
    AgentOptions agent_options;
    DoctorOptions doctor_options;
    BenchToolOptions bench_tool;
    SynthesizeOptions synthesize_options;
    AccountOptions account_options;
    Run run;
    add_generate(app, generate_options, run);
    add_serve(app, serve_flags, run);
    add_config(app, config_options, run);
    add_db(app, database_options, run);
    add_agent(app, agent_options, run);
    add_tools(app, doctor_options, bench_tool, synthesize_options, run);
    add_account_commands(app, account_options, run);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        // CLI11 would only say that a command is missing.
        if (app.get_subcommands().empty() && app.remaining_size() > 0) {
            print_error("unknown command " + app.remaining().front() + "; see darkroom --help");
            return kUsage;
        }
        return app.exit(error) == 0 ? kSuccess : kUsage;
    }
    try {
        return run();
    } catch (const std::exception& error) {
        print_error(error.what());
        return kFailure;
    }
}
