-- Every change of a task's state, written in the transaction of the change. AUTOINCREMENT: a
-- sequence is never given twice, so a reader may go on after any it has seen.
CREATE TABLE task_event (
    sequence      INTEGER PRIMARY KEY AUTOINCREMENT,
    task_sequence INTEGER NOT NULL REFERENCES task (sequence) ON DELETE CASCADE,
    tenant        TEXT    NOT NULL,
    kind          TEXT    NOT NULL CHECK (kind IN
        ('submitted', 'leased', 'running', 'uploading', 'requeued',
         'succeeded', 'failed', 'cancelled', 'expired', 'dead')),
    attempt       INTEGER NOT NULL CHECK (attempt >= 0),
    wall_ms       INTEGER NOT NULL,
    message       TEXT    NOT NULL
) STRICT;

CREATE INDEX task_event_of_task ON task_event (task_sequence, sequence);
CREATE INDEX task_event_of_tenant ON task_event (tenant, sequence);

-- What is known of older tasks.
INSERT INTO task_event (task_sequence, tenant, kind, attempt, wall_ms, message)
    SELECT sequence, tenant, 'submitted', 0, created_ms, '' FROM task ORDER BY sequence;
INSERT INTO task_event (task_sequence, tenant, kind, attempt, wall_ms, message)
    SELECT sequence, tenant, state, attempt, finished_ms, coalesce(error_message, '')
    FROM task WHERE finished_ms IS NOT NULL ORDER BY finished_ms, sequence;
