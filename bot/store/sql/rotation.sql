-- name: reseal_guild_key
UPDATE guild_keys SET sealed_key = :sealed WHERE guild_id = :guild_id AND provider = :provider;

-- name: sealed_tokens
SELECT job_id AS id, sealed_token AS sealed FROM cards
WHERE job_id > :after AND sealed_token IS NOT NULL ORDER BY job_id LIMIT :count;

-- name: reseal_token
UPDATE cards SET sealed_token = :sealed WHERE job_id = :id;

-- name: sealed_references
SELECT id, sealed_references AS sealed FROM jobs
WHERE id > :after AND sealed_references IS NOT NULL ORDER BY id LIMIT :count;

-- name: reseal_references
UPDATE jobs SET sealed_references = :sealed WHERE id = :id;

-- name: sealed_media
SELECT id, sealed_media AS sealed FROM jobs
WHERE id > :after AND sealed_media IS NOT NULL ORDER BY id LIMIT :count;

-- name: reseal_media
UPDATE jobs SET sealed_media = :sealed WHERE id = :id;

-- name: sealed_drafts
SELECT id, sealed_references AS sealed FROM drafts
WHERE id > :after AND sealed_references IS NOT NULL ORDER BY id LIMIT :count;

-- name: reseal_draft
UPDATE drafts SET sealed_references = :sealed WHERE id = :id;
