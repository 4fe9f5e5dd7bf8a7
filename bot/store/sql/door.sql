-- name: insert_job
INSERT INTO jobs (
    id, account_id, flow_id, guild_id, channel_id, user_id, provider, medium, state, request, sealed_references,
    references_expire_at, model_id, is_private, parent_id, press, reserved_credits, looks_left,
    circumstances, created_at
) VALUES (
    :id, :account_id, :flow_id, :guild_id, :channel_id, :user_id, :provider, :medium, 'offered', :request,
    :sealed_references, :references_expire_at, :model_id, :is_private, :parent_id, :press, :reserved_credits, 0,
    :circumstances, :now
);

-- name: insert_card
INSERT INTO cards (
    job_id, kind, channel_id, message_id, sealed_token, token_expires_at, attachment_limit_bytes, carried, state,
    wanted, shown
) VALUES (
    :job_id, :kind, :channel_id, NULL, :sealed_token, :token_expires_at, :attachment_limit_bytes, '[]', 'live', 0, 0
);

-- name: job_by_press
SELECT id, queued_at FROM jobs WHERE press = :press;

-- name: free_press
UPDATE jobs SET press = NULL WHERE id = :id;

-- name: enqueue_job
UPDATE jobs SET state = 'queued', queued_at = :now WHERE id = :id AND state = 'offered';

-- name: place_card
-- It stands: if it was given up before, it can be shown after all.
UPDATE cards SET message_id = :message_id, state = CASE WHEN state = 'undeliverable' THEN 'live' ELSE state END
WHERE job_id = :job_id;

-- name: count_waiting
SELECT
    COALESCE((
        SELECT queued FROM user_turns WHERE account_id = :account_id AND flow_id = :flow_id AND user_id = :user_id
    ), 0) + (
        SELECT COUNT(*) FROM jobs
        WHERE state = 'offered' AND account_id = :account_id AND flow_id = :flow_id AND user_id = :user_id
    ) AS of_member,
    COALESCE((
        SELECT queued FROM guild_turns WHERE account_id = :account_id AND flow_id = :flow_id
    ), 0) + (
        SELECT COUNT(*) FROM jobs WHERE state = 'offered' AND account_id = :account_id AND flow_id = :flow_id
    ) AS of_flow;

-- name: waiting_guilds
SELECT guild_id FROM jobs WHERE state = 'queued' AND guild_id IS NOT NULL
UNION
SELECT guild_id FROM jobs WHERE state = 'offered' AND guild_id IS NOT NULL;

-- name: waiting_of_guild
-- With a plus, so that it is looked for among the few that wait, and not among all of the guild's.
SELECT id FROM jobs WHERE state = 'queued' AND +guild_id = :guild_id
UNION ALL
SELECT id FROM jobs WHERE state = 'offered' AND +guild_id = :guild_id;

-- name: offered_jobs
SELECT id FROM jobs WHERE state = 'offered' AND created_at <= :before ORDER BY id LIMIT :count;
