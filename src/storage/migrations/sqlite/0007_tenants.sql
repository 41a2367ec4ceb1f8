-- Who may call, and what they did. Times are wall-clock milliseconds.

-- A tenant without a row has no quotas.
CREATE TABLE tenant (
    name                TEXT    NOT NULL PRIMARY KEY,
    queued_tasks        INTEGER CHECK (queued_tasks >= 0),
    queued_seconds      REAL    CHECK (queued_seconds >= 0),
    pictures_per_day    INTEGER CHECK (pictures_per_day >= 0),
    requests_per_second REAL    CHECK (requests_per_second > 0),
    created_ms          INTEGER NOT NULL
) STRICT;

-- Pictures that a tenant asked for on a day since 1970, UTC.
CREATE TABLE tenant_usage (
    tenant   TEXT    NOT NULL,
    day      INTEGER NOT NULL,
    pictures INTEGER NOT NULL CHECK (pictures >= 0),
    PRIMARY KEY (tenant, day)
) STRICT, WITHOUT ROWID;

CREATE TABLE api_key (
    sequence     INTEGER PRIMARY KEY,
    id           TEXT    NOT NULL UNIQUE,
    tenant       TEXT    NOT NULL,
    label        TEXT    NOT NULL,
    scopes       TEXT    NOT NULL,
    secret_hash  TEXT    NOT NULL CHECK (length(secret_hash) = 64),
    created_ms   INTEGER NOT NULL,
    expires_ms   INTEGER,
    last_used_ms INTEGER,
    revoked_ms   INTEGER
) STRICT;

CREATE TABLE account (
    name          TEXT    NOT NULL PRIMARY KEY,
    tenant        TEXT    NOT NULL,
    role          TEXT    NOT NULL CHECK (role IN ('user', 'admin')),
    password_hash TEXT    NOT NULL,
    created_ms    INTEGER NOT NULL
) STRICT;

CREATE TABLE session (
    token_hash TEXT    NOT NULL PRIMARY KEY CHECK (length(token_hash) = 64),
    user       TEXT    NOT NULL REFERENCES account (name) ON DELETE CASCADE,
    expires_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX session_of_user ON session (user);
CREATE INDEX session_end ON session (expires_ms);

-- Append-only; each row carries the hash of the one before, and audit_head that of the last.
CREATE TABLE audit (
    sequence      INTEGER PRIMARY KEY,
    at_ms         INTEGER NOT NULL,
    actor         TEXT    NOT NULL,
    tenant        TEXT    NOT NULL,
    action        TEXT    NOT NULL,
    subject       TEXT    NOT NULL,
    outcome       TEXT    NOT NULL,
    request_id    TEXT    NOT NULL,
    address       TEXT    NOT NULL,
    previous_hash TEXT    NOT NULL CHECK (length(previous_hash) = 64),
    hash          TEXT    NOT NULL CHECK (length(hash) = 64)
) STRICT;

CREATE TABLE audit_head (
    only     INTEGER PRIMARY KEY CHECK (only = 1),
    sequence INTEGER NOT NULL,
    hash     TEXT    NOT NULL
) STRICT;

CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;

CREATE TRIGGER audit_is_never_shortened BEFORE DELETE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;
