// SPDX-License-Identifier: Apache-2.0
// Keys, users and the audit log of the real program.
#include <sys/stat.h>

#include <csignal>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "integration/server.h"

namespace darkroom::integration {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

class AccountsOfAServer : public testing::Test {
  protected:
    static int status(const Server& server, const std::string& path, const std::string& key) {
        http::ClientRequest request{.method = "GET", .url = path};
        if (!key.empty()) request.headers.add("Authorization", "Bearer " + key);
        const Answer answer = server.send(std::move(request));
        return answer ? answer->status : 0;
    }
    static int stop(Server& server) {
        server.signal(SIGTERM);
        return server.wait();
    }
    Finished run(std::vector<std::string> words) {
        words.insert(words.end(), {"--data", data_.path().string()});
        return run_darkroom(std::move(words));
    }

    TemporaryFolder data_;
};

TEST_F(AccountsOfAServer, BeyondLoopbackTheFirstStartPrintsAnAdminKeyOnce) {
    const std::vector<std::string> everywhere = {"--host", "0.0.0.0"};
    std::string key;
    {
        Server server(data_.path(), models_folder(), everywhere);
        key = key_in(server.output());
        EXPECT_THAT(key, MatchesRegex("drk_[0-9a-f]{16}_[0-9a-f]{64}"));
        EXPECT_EQ(status(server, "/admin/keys", ""), 401);
        EXPECT_EQ(status(server, "/admin/keys", key), 200);
        EXPECT_EQ(status(server, "/metrics", ""), 401);
        EXPECT_EQ(status(server, "/healthz", ""), 200);
        EXPECT_THAT(server.log(), Not(HasSubstr(key)));
        EXPECT_EQ(stop(server), 0);
    }
    Server again(data_.path(), models_folder(), everywhere);
    EXPECT_THAT(again.output(), Not(HasSubstr("drk_")));
    EXPECT_EQ(status(again, "/admin/keys", key), 200);
    EXPECT_EQ(stop(again), 0);
}

TEST_F(AccountsOfAServer, WithoutAGoodAdminKeyItRefusesToStart) {
    const Finished made = run({"key", "create", "--scope", "generate", "--tenant", "studio"});
    ASSERT_EQ(made.status, 0) << made.errors;
    const Finished refused =
        run({"serve", "--port", "0", "--require-keys", "--models", models_folder().string()});
    EXPECT_EQ(refused.status, 1);
    EXPECT_THAT(refused.errors, HasSubstr("darkroom key create --scope admin"));
}

TEST_F(AccountsOfAServer, KeysAndUsersOfTheCommandLineAreGoodOnTheServer) {
    const Finished made = run({"key", "create", "--scope", "admin", "--label", "for the test"});
    ASSERT_EQ(made.status, 0) << made.errors;
    const std::string key = key_in(made.output);
    const Finished second = run({"key", "create", "--scope", "admin", "--scope", "models"});
    const std::string revoked = key_in(second.output);
    ASSERT_EQ(run({"key", "revoke", revoked.substr(4, 16)}).status, 0);
    const Finished listed = run({"key", "list"});
    EXPECT_THAT(listed.output, HasSubstr("for the test"));
    EXPECT_THAT(listed.output, HasSubstr("revoked"));
    EXPECT_THAT(listed.output, Not(HasSubstr(key.substr(20))));
    EXPECT_EQ(run({"key", "revoke", "0123456789abcdef"}).status, 1);
    EXPECT_EQ(run({"key", "create", "--scope", "root"}).status, 1);
    EXPECT_EQ(run({"key", "create", "--tenant", "../x"}).status, 1);
    EXPECT_EQ(run({"user", "remove", "nobody"}).status, 1);

    Server server(data_.path(), models_folder(), {"--require-keys"});
    EXPECT_EQ(status(server, "/tasks", key), 200);
    EXPECT_EQ(status(server, "/tasks", revoked), 401);
    EXPECT_EQ(status(server, "/tasks", ""), 401);
    const Finished locked = run({"key", "list"});
    EXPECT_EQ(locked.status, 1);
    EXPECT_THAT(locked.errors, HasSubstr("another server is using"));
    EXPECT_THAT(locked.errors, HasSubstr("/admin/keys"));
    const Finished beside = run({"audit", "verify"});
    EXPECT_EQ(beside.status, 0) << "beside the server: " << beside.errors;
    EXPECT_THAT(beside.output, HasSubstr("records, whole; head "));
    EXPECT_EQ(stop(server), 0);
    const Finished verdict = run({"audit", "verify"});
    EXPECT_EQ(verdict.status, 0) << verdict.errors;
    EXPECT_THAT(verdict.output, HasSubstr("records, whole; head "));
}

TEST_F(AccountsOfAServer, AFolderThatIsNoneIsNotTakenForAnEmptyOne) {
    const TemporaryFolder elsewhere;
    const std::string folder = (elsewhere / "nothing").string();
    for (std::vector<std::string> words :
         {std::vector<std::string>{"audit", "verify"},
          {"key", "list"},
          {"user", "remove", "ann"}}) {
        words.insert(words.end(), {"--data", folder});
        const Finished refused = run_darkroom(words);
        EXPECT_EQ(refused.status, 1);
        EXPECT_THAT(refused.errors, HasSubstr("no server's folder"));
    }
    EXPECT_FALSE(std::filesystem::exists(folder));
}

TEST_F(AccountsOfAServer, AUserLogsInWithThePasswordThatCameFromStdin) {
    const std::string command = std::string("printf 'correct horse\\n' | ") + DARKROOM_PROGRAM +
                                " user add ann --role admin --data " + data_.path().string();
    const TemporaryFolder folder;
    const pid_t pid =
        start_program({"/bin/sh", "-c", command}, {folder / "output", folder / "errors"});
    ASSERT_EQ(wait_for_end(pid), 0) << read_file(folder / "errors", 4096).value_or("");
    Server server(data_.path(), models_folder(), {"--require-keys", "--compat", "strict"});
    EXPECT_EQ(status(server, "/tasks", ""), 410);
    const Answer wrong = server.post("/login", R"({"userName": "ann", "password": "wrong horse"})");
    ASSERT_TRUE(wrong);
    EXPECT_EQ(wrong->status, 410);
    const Answer right =
        server.post("/login", R"({"userName": "ann", "password": "correct horse"})");
    ASSERT_TRUE(right);
    ASSERT_EQ(right->status, 200) << right->body;
    const std::string token = json::parse(right->body).value()["token"].as_string();
    EXPECT_EQ(status(server, "/admin/audit", token), 200);
}

TEST_F(AccountsOfAServer, FilesThatOthersCanReadAreMadePrivate) {
    ASSERT_EQ(run({"key", "create"}).status, 0);
    ASSERT_TRUE(write_file(data_ / "url-secret", std::string(64, 'a')));
    for (const char* name : {"tasks.db", "url-secret"})
        ASSERT_EQ(::chmod((data_ / name).c_str(), 0644), 0);
    Server server(data_.path());
    for (const char* name : {"tasks.db", "tasks.db-wal", "url-secret"}) {
        struct stat file {};
        ASSERT_EQ(::stat((data_ / name).c_str(), &file), 0) << name;
        EXPECT_EQ(file.st_mode & 0777U, 0600U) << name;
    }
}

}  // namespace
}  // namespace darkroom::integration
