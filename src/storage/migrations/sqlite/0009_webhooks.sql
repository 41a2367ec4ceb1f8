-- Where tenants want to be told of finished tasks. not_before_ms (wall clock) holds a webhook while
-- a delivery is under way and after one that failed.
CREATE TABLE webhook (
    sequence        INTEGER PRIMARY KEY,
    id              TEXT    NOT NULL UNIQUE,
    tenant          TEXT    NOT NULL,
    url             TEXT    NOT NULL,
    secrets         TEXT    NOT NULL,
    created_ms      INTEGER NOT NULL,
    failures        INTEGER NOT NULL CHECK (failures >= 0),
    not_before_ms   INTEGER NOT NULL,
    disabled_reason TEXT    NOT NULL,
    UNIQUE (tenant, url)
) STRICT;

-- The outbox, written in the transaction that ends a task. A row says everything, so the task may
-- be removed before it is delivered. Kind '' is a test.
CREATE TABLE webhook_delivery (
    sequence         INTEGER PRIMARY KEY AUTOINCREMENT,
    id               TEXT    NOT NULL UNIQUE,
    webhook_sequence INTEGER NOT NULL REFERENCES webhook (sequence) ON DELETE CASCADE,
    task_id          TEXT    NOT NULL,
    task_name        TEXT    NOT NULL,
    kind             TEXT    NOT NULL,
    attempt          INTEGER NOT NULL,
    wall_ms          INTEGER NOT NULL,
    message          TEXT    NOT NULL
) STRICT;

CREATE INDEX webhook_delivery_of_webhook ON webhook_delivery (webhook_sequence, sequence);
