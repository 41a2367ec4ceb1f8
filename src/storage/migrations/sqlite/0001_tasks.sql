-- One row per task. Times are milliseconds: leases on the boot clock, the rest on the wall clock.
CREATE TABLE task (
    sequence         INTEGER PRIMARY KEY,
    id               TEXT    NOT NULL UNIQUE CHECK (length(id) = 32),
    tenant           TEXT    NOT NULL,
    idempotency_key  TEXT,
    body_hash        TEXT    NOT NULL,
    kind             TEXT    NOT NULL,
    model            TEXT    NOT NULL,
    priority         INTEGER NOT NULL,
    cost_s           REAL    NOT NULL,
    vft              REAL    NOT NULL,
    state            TEXT    NOT NULL CHECK (state IN
        ('queued', 'leased', 'running', 'uploading',
         'succeeded', 'failed', 'cancelled', 'expired', 'dead')),
    attempt          INTEGER NOT NULL CHECK (attempt >= 0),
    failures         INTEGER NOT NULL CHECK (failures >= 0),
    owner            TEXT    NOT NULL,
    lease_until_ms   INTEGER,
    not_before_ms    INTEGER NOT NULL,
    deadline_ms      INTEGER,
    created_ms       INTEGER NOT NULL,
    started_ms       INTEGER,
    finished_ms      INTEGER,
    cancel_requested INTEGER NOT NULL CHECK (cancel_requested IN (0, 1)),
    error_code       TEXT,
    error_message    TEXT,
    error_field      TEXT,
    CHECK ((lease_until_ms IS NOT NULL) = (state IN ('leased', 'running', 'uploading'))),
    CHECK (state <> 'queued' OR owner = ''),
    CHECK (state <> 'succeeded' OR NOT cancel_requested)
) STRICT;

-- Megabytes that a heartbeat must not rewrite.
CREATE TABLE task_request (
    sequence INTEGER PRIMARY KEY REFERENCES task (sequence) ON DELETE CASCADE,
    body     TEXT NOT NULL
) STRICT;

CREATE TABLE task_result (
    sequence INTEGER PRIMARY KEY REFERENCES task (sequence) ON DELETE CASCADE,
    body     TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX task_by_idempotency_key ON task (tenant, idempotency_key)
    WHERE idempotency_key IS NOT NULL;
CREATE INDEX task_queue ON task (priority DESC, vft, sequence)
    WHERE state = 'queued';
CREATE INDEX task_queue_of_model ON task (model, priority DESC, vft, sequence)
    WHERE state = 'queued';
CREATE INDEX task_deadline ON task (deadline_ms)
    WHERE state = 'queued' AND deadline_ms IS NOT NULL;
CREATE INDEX task_held ON task (owner)
    WHERE state IN ('leased', 'running', 'uploading');
CREATE INDEX task_of_tenant ON task (tenant, state);
