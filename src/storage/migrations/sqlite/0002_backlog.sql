-- The queue of a checkpoint with what its sums need, so that placement reads this index alone.
-- SQLite 3.40 looks a column of the WHERE clause up in the table even where the index implies it.
DROP INDEX task_queue_of_model;
CREATE INDEX task_queue_of_model ON task
    (model, priority DESC, vft, sequence, cost_s, created_ms, not_before_ms, deadline_ms, state)
    WHERE state = 'queued';
