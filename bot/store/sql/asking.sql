-- name: durations
SELECT took_seconds AS seconds FROM jobs
WHERE took_seconds IS NOT NULL AND provider = :provider AND model_id = :model_id
ORDER BY finished_at DESC LIMIT :count;

-- name: usage
-- With casts: in PostgreSQL a sum of BIGINT is no BIGINT.
-- Spent and jobs are of those asked for since; what is under way is reserved whenever it was asked for. A charge that was
-- never told counts as estimated: of a success, of what is unknown, and of what timed out once nobody looks any more.
SELECT
    COUNT(CASE WHEN created_at >= :since AND state NOT IN ('cancelled', 'failed') THEN 1 END) AS jobs,
    COUNT(CASE
        WHEN created_at >= :since AND state NOT IN ('cancelled', 'failed') AND charged_credits IS NULL
            AND reserved_credits IS NULL THEN 1 END) AS unpriced,
    CAST(COALESCE(SUM(CASE
        WHEN created_at < :since THEN 0
        WHEN charged_credits IS NOT NULL THEN charged_credits
        WHEN state IN ('succeeded', 'unknown') OR (state = 'timed_out' AND next_look_at IS NULL) THEN reserved_credits
        ELSE 0 END), 0) AS BIGINT) AS spent_credits,
    CAST(COALESCE(SUM(CASE
        WHEN charged_credits IS NOT NULL THEN 0
        WHEN state IN ('offered', 'queued', 'submitting', 'running') OR next_look_at IS NOT NULL THEN reserved_credits
        ELSE 0 END), 0) AS BIGINT) AS reserved_credits
FROM jobs WHERE id IN (
    SELECT id FROM jobs WHERE guild_id = :guild_id AND guild_id > 0 AND created_at >= :since
    UNION SELECT id FROM jobs WHERE user_id = :user_id AND created_at >= :since
    UNION SELECT id FROM jobs WHERE state = 'offered' AND (+guild_id = :guild_id OR +user_id = :user_id)
    UNION SELECT id FROM jobs WHERE state = 'queued' AND (+guild_id = :guild_id OR +user_id = :user_id)
    UNION SELECT id FROM jobs WHERE state = 'submitting' AND (+guild_id = :guild_id OR +user_id = :user_id)
    UNION SELECT id FROM jobs WHERE state = 'running' AND (+guild_id = :guild_id OR +user_id = :user_id)
    UNION SELECT id FROM jobs WHERE next_look_at IS NOT NULL AND (+guild_id = :guild_id OR +user_id = :user_id)
);

-- name: accounts
SELECT id, provider, fingerprint, gate, reached, purchased_credits, is_unlimited, balance_at FROM accounts ORDER BY id;

-- name: account_by_fingerprint
SELECT id FROM accounts WHERE provider = :provider AND fingerprint = :fingerprint;

-- name: insert_account
INSERT INTO accounts (id, provider, fingerprint, gate, reached, is_unlimited)
VALUES (:id, :provider, :fingerprint, :gate, 0, 0);

-- name: last_id
SELECT COALESCE(MAX(id), 0) AS id FROM (
    SELECT MAX(id) AS id FROM jobs UNION ALL SELECT MAX(id) FROM sends UNION ALL SELECT MAX(id) FROM events
    UNION ALL SELECT MAX(id) FROM accounts UNION ALL SELECT MAX(id) FROM drafts UNION ALL SELECT MAX(id) FROM changes
) AS ids;

-- name: document
SELECT body, stored_at FROM documents WHERE key = :key;

-- name: save_document
INSERT INTO documents (key, body, stored_at) VALUES (:key, :body, :now)
ON CONFLICT (key) DO UPDATE SET body = excluded.body, stored_at = excluded.stored_at;
