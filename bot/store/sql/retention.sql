-- name: next_flow_to_expire
-- With the oldest end of its jobs that still have their words.
SELECT flow_id, guild_id, finished_at FROM jobs
WHERE forget_asked_at IS NULL AND finished_at IS NOT NULL AND flow_id > :after ORDER BY flow_id, finished_at LIMIT 1;

-- name: jobs_to_expire
SELECT id FROM jobs
WHERE forget_asked_at IS NULL AND finished_at IS NOT NULL AND flow_id = :flow_id AND finished_at <= :before
    AND next_look_at IS NULL
ORDER BY finished_at LIMIT :count;

-- name: expire_job
-- Moved to the end of the table, which is SQLite's alone: a row that only shrinks leaves a hole that nothing fills.
UPDATE jobs SET
    rowid = (SELECT MAX(rowid) + 1 FROM jobs), forget_asked_at = :now, request = :request, sealed_references = NULL,
    references_expire_at = NULL, result = NULL, sealed_media = NULL, failure = NULL, circumstances = '{}'
WHERE id = :id;

-- name: empty_card
UPDATE cards SET carried = '[]', ping_since = NULL WHERE job_id = :job_id;

-- name: delete_events
DELETE FROM events WHERE job_id = :job_id;

-- name: oldest_guild_usage
SELECT MIN(quarter) AS quarter FROM guild_usage;

-- name: oldest_member_usage
SELECT MIN(quarter) AS quarter FROM member_usage;

-- name: prune_guild_usage
DELETE FROM guild_usage WHERE quarter < :before;

-- name: prune_member_usage
DELETE FROM member_usage WHERE quarter < :before;

-- name: next_guild_with_changes
SELECT guild_id FROM changes WHERE guild_id > :after ORDER BY guild_id LIMIT 1;

-- name: prune_changes
DELETE FROM changes WHERE guild_id = :guild_id AND at < :before;
