-- What ended, by tenant and age: for the sweeper.
CREATE INDEX task_ended ON task (tenant, finished_ms, sequence, id)
    WHERE finished_ms IS NOT NULL;

-- When the sweeper took the pictures of a task that it left.
ALTER TABLE task ADD COLUMN pictures_removed_ms INTEGER;
