-- Upstreams that keep a line of their own, and that list what they made.

ALTER TABLE jobs ADD COLUMN preceding_tasks BIGINT;  -- of the upstream's line; NULL: begun, or not told

-- Submissions without an answer, to be found in the upstream's list.
CREATE INDEX jobs_in_doubt ON jobs (finished_at) WHERE state = 'unknown';
CREATE INDEX jobs_of_generation ON jobs (provider, generation_id) WHERE generation_id IS NOT NULL;
