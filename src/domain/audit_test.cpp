// SPDX-License-Identifier: Apache-2.0
#include "domain/audit.h"

#include <functional>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace darkroom::domain {
namespace {

using ::testing::HasSubstr;
using ::testing::Optional;

class AuditChain : public ::testing::Test {
  protected:
    AuditChain() {
        for (int i = 1; i <= 4; ++i) {
            AuditEntry entry{1000 + i, "key:1", "studio", "login", "ann", "ok", "r", "127.0.0.1"};
            records_.push_back(link(std::move(entry), head_));
            head_ = head_of(records_.back());
        }
    }

    [[nodiscard]] AuditVerdict verify() const {
        AuditVerifier verifier;
        for (const AuditRecord& record : records_)
            verifier.add(record);
        return verifier.finish(head_);
    }

    std::vector<AuditRecord> records_;
    AuditHead head_;
};

TEST_F(AuditChain, AWholeLogIsWhole) {
    const AuditVerdict verdict = verify();
    EXPECT_EQ(verdict.problem, std::nullopt);
    EXPECT_EQ(verdict.records, 4);
    EXPECT_EQ(verdict.head, head_);
    EXPECT_EQ(AuditVerifier().finish({}).problem, std::nullopt) << "nor is an empty one broken";
}

TEST_F(AuditChain, AChangeOfAnyFieldOfAnyRecordIsNoticed) {
    const std::vector<std::function<void(AuditRecord&)>> changes = {
        [](AuditRecord& r) { r.entry.at_ms += 1; },
        [](AuditRecord& r) { r.entry.actor = "key:2"; },
        [](AuditRecord& r) { r.entry.tenant = ""; },
        [](AuditRecord& r) { r.entry.action = "logout"; },
        [](AuditRecord& r) { r.entry.subject = "bob"; },
        [](AuditRecord& r) { r.entry.outcome = "refused"; },
        [](AuditRecord& r) { r.entry.request_id = ""; },
        [](AuditRecord& r) { r.entry.address = "::1"; },
        // The same characters, cut elsewhere.
        [](AuditRecord& r) {
            r.entry.tenant += r.entry.action.substr(0, 1);
            r.entry.action.erase(0, 1);
        },
    };
    const std::vector<AuditRecord> whole = records_;
    for (const auto& change : changes) {
        for (std::size_t i = 0; i < whole.size(); ++i) {
            records_ = whole;
            change(records_[i]);
            EXPECT_THAT(verify().problem, Optional(HasSubstr("was changed"))) << i;
        }
    }
}

TEST_F(AuditChain, ARecordWhoseHashWasMadeAnewBreaksTheNext) {
    AuditEntry forged = records_[1].entry;
    forged.subject = "bob";
    records_[1] = link(forged, head_of(records_[0]));
    EXPECT_THAT(verify().problem, Optional(HasSubstr("record 3 does not follow")));
}

TEST_F(AuditChain, ARecordThatIsGoneIsNoticed) {
    records_.erase(records_.begin() + 1);
    EXPECT_THAT(verify().problem, Optional(HasSubstr("record 2 is missing")));
}

TEST_F(AuditChain, AnEndThatIsGoneIsNoticed) {
    records_.pop_back();
    EXPECT_THAT(verify().problem, Optional(HasSubstr("ends at record 3, but 4")));
    records_.clear();
    EXPECT_THAT(verify().problem, Optional(HasSubstr("ends at record 0, but 4")));
}

TEST_F(AuditChain, ALastRecordWhoseHashWasMadeAnewIsNotTheOneThatWasWritten) {
    AuditEntry forged = records_[3].entry;
    forged.subject = "bob";
    records_[3] = link(forged, head_of(records_[2]));
    EXPECT_THAT(verify().problem, Optional(HasSubstr("record 4 is not the one")));
}

}  // namespace
}  // namespace darkroom::domain
