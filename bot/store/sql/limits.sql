-- name: guild_settings
SELECT name, value FROM guild_settings WHERE guild_id = :guild_id;

-- name: save_setting
INSERT INTO guild_settings (guild_id, name, value) VALUES (:guild_id, :name, :value)
ON CONFLICT (guild_id, name) DO UPDATE SET value = excluded.value;

-- name: insert_change
INSERT INTO changes (id, guild_id, user_id, at, name, old, new)
VALUES (:id, :guild_id, :user_id, :at, :name, :old, :new);

-- name: changes
SELECT id, guild_id, user_id, at, name, old, new FROM changes
WHERE guild_id = :guild_id AND id < :before ORDER BY id DESC LIMIT :count;

-- name: brakes
-- What holds guilds up that have jobs in the account's line, or are about to.
SELECT guild_id, name, value FROM guild_settings
WHERE name IN ('is_paused', 'running_per_guild', 'running_per_member') AND (
    guild_id = :flow_id
    OR guild_id IN (SELECT flow_id FROM guild_turns WHERE account_id = :account_id AND queued > 0)
);

-- name: under_way_by_flow
-- What the upstreams have at this moment.
SELECT flow_id, user_id, COUNT(*) AS jobs FROM (
    SELECT flow_id, user_id FROM jobs WHERE state = 'submitting'
    UNION ALL
    SELECT flow_id, user_id FROM jobs WHERE state = 'running'
) AS live GROUP BY flow_id, user_id;

-- name: use_of_guild
SELECT
    CAST(COALESCE(SUM(held_credits), 0) AS BIGINT) AS held_credits,
    CAST(COALESCE(SUM(spent_credits), 0) AS BIGINT) AS spent_credits
FROM guild_usage WHERE flow_id = :flow_id AND quarter >= :first AND quarter < :after;

-- name: use_of_member
SELECT
    CAST(COALESCE(SUM(held_credits), 0) AS BIGINT) AS held_credits,
    CAST(COALESCE(SUM(spent_credits), 0) AS BIGINT) AS spent_credits,
    CAST(COALESCE(SUM(held_pictures), 0) AS BIGINT) AS held_pictures,
    CAST(COALESCE(SUM(spent_pictures), 0) AS BIGINT) AS spent_pictures,
    CAST(COALESCE(SUM(held_videos), 0) AS BIGINT) AS held_videos,
    CAST(COALESCE(SUM(spent_videos), 0) AS BIGINT) AS spent_videos
FROM member_usage WHERE flow_id = :flow_id AND user_id = :user_id AND quarter >= :first AND quarter < :after;

-- name: counted_of_job
SELECT flow_id, user_id, medium, state, reserved_credits, charged_credits, counted_as, counted_credits,
    counted_quarter, created_at
FROM jobs WHERE id = :id;

-- name: save_counted
UPDATE jobs SET counted_as = :counted_as, counted_credits = :counted_credits, counted_quarter = :counted_quarter
WHERE id = :id;

-- name: add_guild_usage
INSERT INTO guild_usage (flow_id, quarter, held_credits, spent_credits)
VALUES (:flow_id, :quarter, :held_credits, :spent_credits)
ON CONFLICT (flow_id, quarter) DO UPDATE SET
    held_credits = guild_usage.held_credits + excluded.held_credits,
    spent_credits = guild_usage.spent_credits + excluded.spent_credits;

-- name: add_member_usage
INSERT INTO member_usage (
    flow_id, user_id, quarter, held_credits, spent_credits, held_pictures, spent_pictures, held_videos, spent_videos
) VALUES (
    :flow_id, :user_id, :quarter, :held_credits, :spent_credits, :held_pictures, :spent_pictures, :held_videos,
    :spent_videos
)
ON CONFLICT (flow_id, user_id, quarter) DO UPDATE SET
    held_credits = member_usage.held_credits + excluded.held_credits,
    spent_credits = member_usage.spent_credits + excluded.spent_credits,
    held_pictures = member_usage.held_pictures + excluded.held_pictures,
    spent_pictures = member_usage.spent_pictures + excluded.spent_pictures,
    held_videos = member_usage.held_videos + excluded.held_videos,
    spent_videos = member_usage.spent_videos + excluded.spent_videos;

-- name: last_asked
-- Not counting what came to nothing.
SELECT created_at FROM jobs
WHERE user_id = :user_id AND created_at > :since AND flow_id = :flow_id AND counted_as IS NOT NULL
ORDER BY created_at DESC LIMIT 1;

-- name: last_change
SELECT id, guild_id, user_id, at, name, old, new FROM changes
WHERE guild_id = :guild_id AND name = :name AND at > :since ORDER BY id DESC LIMIT 1;

-- name: waiting_of_flow
SELECT id, user_id FROM jobs WHERE account_id = :account_id AND state = 'queued' AND flow_id = :flow_id
ORDER BY id LIMIT :count;
