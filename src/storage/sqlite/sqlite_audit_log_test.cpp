// SPDX-License-Identifier: Apache-2.0
// What somebody with the file in their hands may do to the log.
#include "storage/sqlite/sqlite_audit_log.h"

#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"

namespace darkroom::storage {
namespace {

using ::testing::HasSubstr;
using ::testing::Optional;

class TamperedLog : public ::testing::Test {
  protected:
    TamperedLog() {
        std::filesystem::create_directories(folder_);
        open();
        for (const char* action : {"login", "key.create", "key.revoke"})
            wait(*log_, &AuditLog::append, {.at_ms = 5, .actor = "key:1", .action = action})
                .value();
    }
    ~TamperedLog() override {
        log_.reset();
        std::filesystem::remove_all(folder_);
    }

    void open() {
        auto database = SqliteDatabase::open(folder_ / "tasks.db", clock_).value();
        log_ = std::make_unique<SqliteAuditLog>(std::move(database));
    }

    /// Runs SQL on the file as another program would, then opens the log anew.
    Result<void> tamper(const std::string& sql) {
        log_.reset();
        Result<void> done;
        {
            Connection connection = Connection::open(folder_ / "tasks.db", {}).value();
            done = connection.run_script(sql);
        }
        open();
        return done;
    }

    domain::AuditVerdict verify() { return wait(*log_, &AuditLog::verify).value(); }

    FakeClock clock_;
    std::filesystem::path folder_ =
        std::filesystem::temp_directory_path() / ("darkroom-audit-" + random_id());
    std::unique_ptr<SqliteAuditLog> log_;
};

constexpr const char* kDropTriggers =
    "DROP TRIGGER audit_is_never_changed; DROP TRIGGER audit_is_never_shortened;";

TEST_F(TamperedLog, AnUntouchedOneIsWholeAfterARestart) {
    log_.reset();
    open();
    EXPECT_EQ(verify().problem, std::nullopt);
    EXPECT_EQ(verify().records, 3);
}

TEST_F(TamperedLog, PlainUpdatesAndDeletesAreRefused) {
    EXPECT_FALSE(tamper("UPDATE audit SET actor = 'key:2' WHERE sequence = 2"));
    EXPECT_FALSE(tamper("DELETE FROM audit WHERE sequence = 3"));
    EXPECT_EQ(verify().problem, std::nullopt);
}

TEST_F(TamperedLog, AChangedRowFailsTheVerification) {
    ASSERT_TRUE(
        tamper(std::string(kDropTriggers) + "UPDATE audit SET actor = '' WHERE sequence = 2"));
    EXPECT_THAT(verify().problem, Optional(HasSubstr("record 2 was changed")));
}

TEST_F(TamperedLog, ATruncatedEndIsNoticedAndNothingIsAppendedToIt) {
    ASSERT_TRUE(tamper(std::string(kDropTriggers) + "DELETE FROM audit WHERE sequence = 3"));
    EXPECT_THAT(verify().problem, Optional(HasSubstr("ends at record 2, but 3 were written")));
    const auto appended = wait(*log_, &AuditLog::append, {.action = "login"});
    ASSERT_FALSE(appended);
    EXPECT_EQ(appended.error().code, ErrorCode::corrupt_input);
}

TEST_F(TamperedLog, AnEmptiedOneIsNoticed) {
    ASSERT_TRUE(tamper(std::string(kDropTriggers) + "DELETE FROM audit"));
    EXPECT_THAT(verify().problem, Optional(HasSubstr("ends at record 0")));
}

}  // namespace
}  // namespace darkroom::storage
