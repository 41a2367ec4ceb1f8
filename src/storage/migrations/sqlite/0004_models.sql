-- Registrations of model files; the files are in the models folder. Times are milliseconds on the
-- wall clock.
CREATE TABLE model (
    type          TEXT    NOT NULL CHECK (type <> ''),
    name          TEXT    NOT NULL CHECK (name <> ''),
    etag          TEXT    NOT NULL,
    source        TEXT    NOT NULL,
    note          TEXT    NOT NULL,
    sha256        TEXT    NOT NULL,
    registered_ms INTEGER NOT NULL,
    modified_ms   INTEGER NOT NULL,
    deleted_ms    INTEGER,
    PRIMARY KEY (type, name)
) STRICT, WITHOUT ROWID;
