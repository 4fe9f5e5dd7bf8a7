-- name: past_jobs
-- Ids alone, so that only the index is walked; "" leaves a choice open.
SELECT id FROM jobs
WHERE user_id = :user_id AND forget_asked_at IS NULL AND (:medium = '' OR medium = :medium)
    AND (:model_id = '' OR SUBSTR(model_id, 1, :model_limit) = :model_id)
ORDER BY created_at DESC, id DESC LIMIT :count OFFSET :skipped;

-- name: past_models
SELECT model_id FROM jobs WHERE user_id = :user_id AND forget_asked_at IS NULL AND model_id IS NOT NULL
GROUP BY model_id ORDER BY MAX(created_at) DESC, model_id LIMIT :count;

-- name: count_past_jobs
SELECT COUNT(*) AS jobs FROM jobs WHERE user_id = :user_id AND forget_asked_at IS NULL;

-- name: under_way
-- With a plus, so that it is looked for among the few that are under way, and not among all of the member's.
SELECT id, state FROM jobs WHERE state = 'running' AND +user_id = :user_id AND forget_asked_at IS NULL
UNION ALL
SELECT id, state FROM jobs WHERE state = 'submitting' AND +user_id = :user_id AND forget_asked_at IS NULL
UNION ALL
SELECT id, state FROM jobs WHERE state = 'queued' AND +user_id = :user_id AND forget_asked_at IS NULL
UNION ALL
SELECT id, state FROM jobs WHERE state = 'offered' AND +user_id = :user_id AND forget_asked_at IS NULL;

-- name: under_way_in_guild
-- With a plus, as above.
SELECT id, state FROM jobs WHERE state = 'running' AND +guild_id = :guild_id
UNION ALL
SELECT id, state FROM jobs WHERE state = 'submitting' AND +guild_id = :guild_id
UNION ALL
SELECT id, state FROM jobs WHERE state = 'queued' AND +guild_id = :guild_id
UNION ALL
SELECT id, state FROM jobs WHERE state = 'offered' AND +guild_id = :guild_id;

-- name: mark_forgotten
-- Marked as cancelled, too: what may come back to the line (an unknown, by a late answer) must not.
UPDATE jobs SET forget_asked_at = :now, cancel_asked_at = COALESCE(cancel_asked_at, :now)
WHERE user_id = :user_id AND forget_asked_at IS NULL;

-- name: empty_jobs
UPDATE jobs SET
    request = :request, sealed_references = NULL, references_expire_at = NULL, result = NULL, sealed_media = NULL,
    failure = NULL, circumstances = '{}'
WHERE user_id = :user_id AND forget_asked_at IS NOT NULL AND forgotten_at IS NULL
    AND state IN ('succeeded', 'failed', 'cancelled', 'timed_out', 'unknown');

-- name: empty_job
UPDATE jobs SET
    request = :request, sealed_references = NULL, references_expire_at = NULL, result = NULL, sealed_media = NULL,
    failure = NULL, circumstances = '{}'
WHERE id = :id;

-- name: empty_cards
-- The references that they carry go, and nobody is pinged for what is forgotten.
UPDATE cards SET carried = '[]', ping_since = NULL WHERE job_id IN (
    SELECT id FROM jobs WHERE user_id = :user_id AND forget_asked_at IS NOT NULL AND forgotten_at IS NULL
);

-- name: delete_drafts_of_member
DELETE FROM drafts WHERE user_id = :user_id;

-- name: to_forget
SELECT
    j.id, j.forget_asked_at,
    CASE WHEN j.state IN ('offered', 'queued', 'submitting', 'running') THEN 0
        WHEN c.state = 'live' AND c.wanted > c.shown THEN 0 ELSE 1 END AS is_over
FROM jobs AS j LEFT JOIN cards AS c ON c.job_id = j.id
WHERE j.forget_asked_at IS NOT NULL AND j.forgotten_at IS NULL ORDER BY j.id;

-- name: end_forgetting
UPDATE jobs SET forgotten_at = :now WHERE id = :id;
