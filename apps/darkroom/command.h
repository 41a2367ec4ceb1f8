// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "control/retention.h"

/// The subcommands: each takes its parsed flags and returns the process's exit status.
namespace darkroom::app {

/// Exit statuses, as --help says.
inline constexpr int kSuccess = 0;
inline constexpr int kFailure = 1;
inline constexpr int kUsage = 2;

struct GenerateOptions {
    std::string prompt;
    std::string negative_prompt;
    std::filesystem::path model;
    std::filesystem::path output;
    /// Draws on this server instead of in this process, "http://127.0.0.1:7860".
    std::string server;
    std::int64_t steps = 20;
    double cfg_scale = 7.0;
    /// Picture to start from, and what of it is drawn anew (white); empty for none.
    std::filesystem::path init;
    std::filesystem::path mask;
    /// How far to go from the picture, 0 to 1.
    std::optional<double> strength;
    /// "512x768"; empty takes the picture's size, without one the checkpoint's own.
    std::string size;
    std::optional<std::uint64_t> seed;
    std::string sampler = "Euler a";
    std::string schedule = "Automatic";
    std::int64_t batch_size = 1;
    std::int64_t clip_skip = 1;
    std::optional<std::filesystem::path> cache_folder;
    int threads = 0;
    std::string dtype;
};
int generate(const GenerateOptions& options);

struct ServeOptions {
    std::string host = "127.0.0.1";
    std::uint16_t port = 7860;
    std::filesystem::path data = "data";
    std::filesystem::path models = "models";
    /// Files in it may be registered as models; empty for none.
    std::filesystem::path import_folder;
    std::vector<std::string> allowed_hosts;
    /// Both, or both empty: PEM files.
    std::filesystem::path tls_certificate;
    std::filesystem::path tls_key;
    std::vector<std::string> webhook_networks;
    /// From where model files are fetched, and networks besides the public internet.
    std::vector<std::string> model_places;
    std::vector<std::string> model_networks;
    /// The same of pictures that requests name.
    std::vector<std::string> image_places;
    std::vector<std::string> image_networks;
    std::int64_t drain_seconds = 60;
    /// Tasks that may wait, of all and of one tenant; 0 for no limit.
    std::int64_t max_queued = 10'000;
    std::int64_t max_queued_per_tenant = 1'000;
    /// With less room on the data folder's disk the server is not ready.
    std::uint64_t minimum_free_bytes = std::uint64_t{512} << 20;
    control::RetentionPolicy retention;
    std::string log_level = "info";
    std::string log_format = "text";
    /// Of each agent.
    int threads = 0;
    /// "auto", "f32", "bf16" or "int8".
    std::string dtype = "auto";
    std::int64_t max_agents = 1;
    std::int64_t spare_agents = 0;
    /// An agent that had nothing to do for so long ends.
    double idle_seconds = 300;
    /// MiB of all agents together; 0 is no limit.
    std::uint64_t memory_budget = 0;
    /// Asks for credentials on loopback, too.
    bool requires_keys = false;
    /// Addresses whose X-Forwarded headers are believed.
    std::vector<std::string> trusted_proxies;
    /// "default", or "strict" for the reference's status 410.
    std::string compatibility = "default";
};
int serve(const ServeOptions& options);

/// `darkroom serve` as it was called.
struct ServeFlags {
    std::filesystem::path file;
    /// By flag: what was given for it, empty if nothing.
    std::map<std::string, std::vector<std::string>> values;
};
/// Serves with what the file, the environment and the flags say together.
int serve_configured(const ServeFlags& flags);

struct ConfigOptions {
    /// None when empty.
    std::filesystem::path file;
};
int config_check(const ConfigOptions& options);
int config_show(const ConfigOptions& options);
int config_docs(const ConfigOptions& options);

struct DatabaseOptions {
    std::filesystem::path data = "data";
    /// Folder of the backup.
    std::filesystem::path backup;
    bool force = false;
};
int database_backup(const DatabaseOptions& options);
int database_restore(const DatabaseOptions& options);
int database_check(const DatabaseOptions& options);

struct AgentOptions {
    int socket = -1;
    std::optional<std::filesystem::path> cache_folder;
    int threads = 0;
    std::string dtype;
    std::string log_level = "info";
    std::string log_format = "text";
};
int run_agent(const AgentOptions& options);

struct DoctorOptions {
    std::filesystem::path file;
};
int doctor(const DoctorOptions& options);

struct BenchOptions {
    bool json = false;
    /// Measures only what has this text in its name.
    std::string filter;
    /// Repetitions; the best counts.
    int repeat = 3;
    int threads = 0;
    std::filesystem::path model;
};
int bench(const BenchOptions& options);

struct GatewayBenchOptions {
    bool json = false;
    /// Of each load.
    int seconds = 5;
    int connections = 64;
    int streams = 5'000;
};
int bench_gateway(const GatewayBenchOptions& options);

struct SynthesizeOptions {
    std::string architecture = "sd15";
    std::filesystem::path output;
};
int synthesize(const SynthesizeOptions& options);

struct KeyOptions {
    std::filesystem::path data = "data";
    std::string tenant = "local";
    std::vector<std::string> scopes = {"generate"};
    std::string label;
    std::optional<std::int64_t> expires_days;
    /// Of the key to revoke.
    std::string id;
};
int create_key(const KeyOptions& options);
int list_keys(const KeyOptions& options);
int revoke_key(const KeyOptions& options);

struct UserOptions {
    std::filesystem::path data = "data";
    std::string name;
    /// Empty for one of the user's own name.
    std::string tenant;
    std::string role = "user";
};
int add_user(const UserOptions& options);
int remove_user(const UserOptions& options);

struct AuditOptions {
    std::filesystem::path data = "data";
};
int verify_audit(const AuditOptions& options);

}  // namespace darkroom::app
