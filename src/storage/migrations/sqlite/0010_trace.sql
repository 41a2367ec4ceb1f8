-- The trace of the request that submitted a task (W3C traceparent; '' of older rows), what the
-- prediction of its cost was made from, and the device time that it took (0 while unknown).
ALTER TABLE task ADD COLUMN traceparent TEXT NOT NULL DEFAULT '';
ALTER TABLE task ADD COLUMN work_size REAL NOT NULL DEFAULT 0;
ALTER TABLE task ADD COLUMN device_s REAL NOT NULL DEFAULT 0 CHECK (device_s >= 0);

ALTER TABLE webhook_delivery ADD COLUMN traceparent TEXT NOT NULL DEFAULT '';

-- What the cost model learns from after a start: the last tasks that were drawn.
CREATE INDEX task_drawn ON task (finished_ms) WHERE device_s > 0;
