-- Upstreams that keep a line of their own, and that list what they made.

ALTER TABLE jobs ADD COLUMN preceding_tasks BIGINT;  -- of the upstream's line; NULL: begun, or not told
ALTER TABLE jobs ADD COLUMN begun_at DOUBLE PRECISION;  -- not before this did the upstream begin; NULL: not told
ALTER TABLE jobs ADD COLUMN cancel_code TEXT;  -- why it shall be cancelled; NULL: because its member wants it

-- Submissions without an answer, to be found in the upstream's list.
CREATE INDEX jobs_in_doubt ON jobs (finished_at) WHERE state = 'unknown';
CREATE INDEX jobs_of_generation ON jobs (provider, generation_id) WHERE generation_id IS NOT NULL;
