-- name: durations
SELECT finished_at - answered_at AS seconds FROM jobs
WHERE state = 'succeeded' AND provider = :provider AND model_id = :model_id AND answered_at IS NOT NULL
ORDER BY finished_at DESC LIMIT :count;

-- name: usage
SELECT
    COALESCE(SUM(CASE WHEN state NOT IN ('cancelled', 'failed') THEN 1 ELSE 0 END), 0) AS jobs,
    COALESCE(SUM(CASE WHEN charged_credits IS NOT NULL THEN charged_credits ELSE 0 END), 0) AS spent_credits,
    COALESCE(SUM(CASE
        WHEN charged_credits IS NULL
            AND state IN ('offered', 'queued', 'submitting', 'running', 'timed_out', 'unknown')
        THEN reserved_credits ELSE 0 END), 0) AS reserved_credits
FROM jobs
WHERE created_at >= :since AND (guild_id = :guild_id OR user_id = :user_id);

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
    UNION ALL SELECT MAX(id) FROM accounts
) AS ids;

-- name: document
SELECT body, stored_at FROM documents WHERE key = :key;

-- name: save_document
INSERT INTO documents (key, body, stored_at) VALUES (:key, :body, :now)
ON CONFLICT (key) DO UPDATE SET body = excluded.body, stored_at = excluded.stored_at;
