// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"
#include "domain/task_event.h"
#include "storage/sqlite/connection.h"
#include "storage/task_requests.h"

/// The log of what happens to tasks, inside a transaction.
namespace darkroom::storage {

/// Adds an event of a task that has a row, with what it puts into the webhooks' outbox; its
/// sequence is the log's.
Result<void> append_event(Connection& connection, const domain::TaskEvent& event);

/// See TaskStore::events.
Result<EventPage> read_events(Connection& connection, const EventFilter& filter);

}  // namespace darkroom::storage
