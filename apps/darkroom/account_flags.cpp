// SPDX-License-Identifier: Apache-2.0
#include "account_flags.h"

#include <CLI/CLI.hpp>

namespace darkroom::app {
namespace {

using Run = std::function<int()>;

void add_data(CLI::App& command, std::filesystem::path& data) {
    command.add_option("--data", data, "The server's folder")->capture_default_str();
}

void add_key_commands(CLI::App& app, KeyOptions& options, Run& run) {
    CLI::App* key = app.add_subcommand("key", "API keys, while no server uses the data folder");
    key->require_subcommand(1);
    CLI::App* create = key->add_subcommand("create", "Make a key and print it, this once");
    create->add_option("--tenant", options.tenant, "On whose behalf")->capture_default_str();
    create->add_option("--scope", options.scopes, "generate, models or admin; may be repeated")
        ->capture_default_str();
    create->add_option("--label", options.label, "For people");
    create->add_option("--expires-days", options.expires_days, "Days it is good for");
    add_data(*create, options.data);
    create->callback([&] { run = [&] { return create_key(options); }; });
    CLI::App* list = key->add_subcommand("list", "List keys; their secrets are not kept");
    add_data(*list, options.data);
    list->callback([&] { run = [&] { return list_keys(options); }; });
    CLI::App* revoke = key->add_subcommand("revoke", "Make a key good for nothing");
    revoke->add_option("id", options.id, "The key's id")->required();
    add_data(*revoke, options.data);
    revoke->callback([&] { run = [&] { return revoke_key(options); }; });
}

void add_user_commands(CLI::App& app, UserOptions& options, Run& run) {
    CLI::App* user = app.add_subcommand("user", "Users, while no server uses the data folder");
    user->require_subcommand(1);
    CLI::App* add = user->add_subcommand("add", "Add a user; the password is read from stdin");
    add->add_option("name", options.name, "Name to log in with")->required();
    add->add_option("--tenant", options.tenant, "On whose behalf (default: the name)");
    add->add_option("--role", options.role, "user or admin")->capture_default_str();
    add_data(*add, options.data);
    add->callback([&] { run = [&] { return add_user(options); }; });
    CLI::App* remove = user->add_subcommand("remove", "Remove a user and its sessions");
    remove->add_option("name", options.name, "The user's name")->required();
    add_data(*remove, options.data);
    remove->callback([&] { run = [&] { return remove_user(options); }; });
}

}  // namespace

void add_account_commands(CLI::App& app, AccountOptions& options, Run& run) {
    add_key_commands(app, options.key, run);
    add_user_commands(app, options.user, run);
    CLI::App* audit = app.add_subcommand("audit", "The log of what was done");
    audit->require_subcommand(1);
    CLI::App* verify = audit->add_subcommand("verify", "Say whether the log is whole");
    add_data(*verify, options.audit.data);
    verify->callback([&] { run = [&] { return verify_audit(options.audit); }; });
}

}  // namespace darkroom::app
