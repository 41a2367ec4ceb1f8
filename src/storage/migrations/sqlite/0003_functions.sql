-- One row per function: the deployment of a checkpoint. Times are milliseconds of the wall clock.
CREATE TABLE function (
    name             TEXT    PRIMARY KEY CHECK (length(name) = 67),
    checkpoint       TEXT    NOT NULL UNIQUE,
    min_instances    INTEGER NOT NULL CHECK (min_instances >= 0),
    max_instances    INTEGER NOT NULL CHECK (max_instances >= 0),
    cpu              REAL    NOT NULL CHECK (cpu >= 0),
    memory_mb        INTEGER NOT NULL CHECK (memory_mb >= 0),
    timeout_s        INTEGER NOT NULL CHECK (timeout_s >= 0),
    gpu_memory_mb    INTEGER NOT NULL CHECK (gpu_memory_mb >= 0),
    instance_type    TEXT    NOT NULL,
    image            TEXT    NOT NULL,
    extra_args       TEXT    NOT NULL,
    vpc_config       TEXT    NOT NULL,
    nas_config       TEXT    NOT NULL,
    oss_mount_config TEXT    NOT NULL,
    requests         INTEGER NOT NULL CHECK (requests >= 0),
    pictures         INTEGER NOT NULL CHECK (pictures >= 0),
    failures         INTEGER NOT NULL CHECK (failures >= 0),
    created_ms       INTEGER NOT NULL,
    last_used_ms     INTEGER
) STRICT;

CREATE TABLE function_env (
    name  TEXT NOT NULL REFERENCES function (name) ON DELETE CASCADE,
    key   TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (name, key)
) STRICT;
