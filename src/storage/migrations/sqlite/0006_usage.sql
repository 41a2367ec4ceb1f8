-- What a task used. busy_ms: time that agents drew, in all attempts that have ended.
ALTER TABLE task ADD COLUMN pictures     INTEGER NOT NULL DEFAULT 0 CHECK (pictures >= 0);
ALTER TABLE task ADD COLUMN step_pixels  INTEGER NOT NULL DEFAULT 0 CHECK (step_pixels >= 0);
ALTER TABLE task ADD COLUMN busy_ms      INTEGER NOT NULL DEFAULT 0 CHECK (busy_ms >= 0);
ALTER TABLE task ADD COLUMN result_bytes INTEGER NOT NULL DEFAULT 0 CHECK (result_bytes >= 0);

CREATE INDEX task_of_time ON task (created_ms);

-- The account of tasks that were removed, by days since 1970 (UTC) of their submission.
CREATE TABLE removed_usage (
    tenant       TEXT    NOT NULL,
    day          INTEGER NOT NULL,
    model        TEXT    NOT NULL,
    requests     INTEGER NOT NULL,
    pictures     INTEGER NOT NULL,
    step_pixels  INTEGER NOT NULL,
    busy_ms      INTEGER NOT NULL,
    result_bytes INTEGER NOT NULL,
    PRIMARY KEY (tenant, day, model)
) STRICT, WITHOUT ROWID;
