// SPDX-License-Identifier: Apache-2.0
#include "domain/audit.h"

#include "base/format.h"
#include "base/sha256.h"

namespace darkroom::domain {
namespace {

std::string hash_of(const AuditRecord& record) {
    const AuditEntry& entry = record.entry;
    const std::string numbers = format("{} {}", record.sequence, entry.at_ms);
    Sha256 hash;
    for (const std::string* field :
         {&numbers,
          &record.previous_hash,
          &entry.actor,
          &entry.tenant,
          &entry.action,
          &entry.subject,
          &entry.outcome,
          &entry.request_id,
          &entry.address}) {
        // With its length, so that no text can pass for two.
        hash.update(format("{}:", field->size()));
        hash.update(*field);
    }
    return hash.hex();
}

}  // namespace

AuditRecord link(AuditEntry entry, const AuditHead& head) {
    AuditRecord record;
    record.sequence = head.sequence + 1;
    record.entry = std::move(entry);
    record.previous_hash = head.hash;
    record.hash = hash_of(record);
    return record;
}

AuditHead head_of(const AuditRecord& record) {
    return AuditHead{record.sequence, record.hash};
}

void AuditVerifier::add(const AuditRecord& record) {
    ++verdict_.records;
    if (verdict_.problem) return;
    if (record.sequence != verdict_.head.sequence + 1) {
        verdict_.problem = format("record {} is missing", verdict_.head.sequence + 1);
    } else if (record.previous_hash != verdict_.head.hash) {
        verdict_.problem = format("record {} does not follow the one before", record.sequence);
    } else if (record.hash != hash_of(record)) {
        verdict_.problem = format("record {} was changed", record.sequence);
    } else {
        verdict_.head = head_of(record);
    }
}

AuditVerdict AuditVerifier::finish(const AuditHead& stored) const {
    AuditVerdict verdict = verdict_;
    if (verdict.problem || verdict.head == stored) return verdict;
    verdict.problem = format(
        "the log ends at record {}, but {} were written", verdict.head.sequence, stored.sequence);
    if (verdict.head.sequence == stored.sequence) {
        verdict.problem = format("record {} is not the one that was written", stored.sequence);
    }
    return verdict;
}

}  // namespace darkroom::domain
