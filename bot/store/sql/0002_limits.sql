-- Moderators decide: what each guild has set, who set it, and sums by which budgets are judged without walking the jobs.

-- A setting that a guild has chosen, by the field of bot.domain.limits.Limits; what is not here is as the operator has it.
CREATE TABLE guild_settings (
    guild_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,                   -- JSON
    PRIMARY KEY (guild_id, name)
);

-- Every change of a setting, for those who ask who it was.
CREATE TABLE changes (
    id BIGINT PRIMARY KEY,
    guild_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    at DOUBLE PRECISION NOT NULL,
    name TEXT NOT NULL,
    old TEXT NOT NULL,                     -- JSON, as in guild_settings
    new TEXT NOT NULL
);

CREATE INDEX changes_of_guild ON changes (guild_id, id);

-- Sums by quarters of an hour: every time zone's days are made of whole ones. Held is what still waits, spent what was
-- sent and may cost. What failed or was cancelled counts nowhere.
CREATE TABLE guild_usage (
    flow_id BIGINT NOT NULL,               -- as in jobs
    quarter BIGINT NOT NULL,               -- of when it was asked for: epoch seconds / 900
    held_credits BIGINT NOT NULL,
    spent_credits BIGINT NOT NULL,
    PRIMARY KEY (flow_id, quarter)
);

-- With the sums in it, so that a month of them is read from the index alone.
CREATE INDEX guild_usage_sums ON guild_usage (flow_id, quarter, held_credits, spent_credits);

CREATE TABLE member_usage (
    flow_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    quarter BIGINT NOT NULL,
    held_credits BIGINT NOT NULL,
    spent_credits BIGINT NOT NULL,
    held_pictures BIGINT NOT NULL,
    spent_pictures BIGINT NOT NULL,
    held_videos BIGINT NOT NULL,
    spent_videos BIGINT NOT NULL,
    PRIMARY KEY (flow_id, user_id, quarter)
);

ALTER TABLE jobs ADD COLUMN circumstances TEXT NOT NULL DEFAULT '{}';  -- bot.domain.requests.Circumstances as JSON
-- What of a job stands in those sums: as held or as spent (NULL: nowhere), at so many credits, and in which quarter.
ALTER TABLE jobs ADD COLUMN counted_as TEXT;
ALTER TABLE jobs ADD COLUMN counted_credits BIGINT NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN counted_quarter BIGINT NOT NULL DEFAULT 0;

UPDATE jobs SET
    counted_as = CASE WHEN state IN ('offered', 'queued') THEN 'held' ELSE 'spent' END,
    counted_credits = COALESCE(charged_credits, reserved_credits, 0),
    counted_quarter = CAST(created_at / 900 AS BIGINT)
WHERE state NOT IN ('failed', 'cancelled');

INSERT INTO guild_usage (flow_id, quarter, held_credits, spent_credits)
SELECT
    flow_id, CAST(created_at / 900 AS BIGINT),
    SUM(CASE WHEN counted_as = 'held' THEN counted_credits ELSE 0 END),
    SUM(CASE WHEN counted_as = 'spent' THEN counted_credits ELSE 0 END)
FROM jobs WHERE counted_as IS NOT NULL GROUP BY 1, 2;

INSERT INTO member_usage (
    flow_id, user_id, quarter, held_credits, spent_credits, held_pictures, spent_pictures, held_videos, spent_videos
)
SELECT
    flow_id, user_id, CAST(created_at / 900 AS BIGINT),
    SUM(CASE WHEN counted_as = 'held' THEN counted_credits ELSE 0 END),
    SUM(CASE WHEN counted_as = 'spent' THEN counted_credits ELSE 0 END),
    COUNT(CASE WHEN counted_as = 'held' AND medium = 'image' THEN 1 END),
    COUNT(CASE WHEN counted_as = 'spent' AND medium = 'image' THEN 1 END),
    COUNT(CASE WHEN counted_as = 'held' AND medium = 'video' THEN 1 END),
    COUNT(CASE WHEN counted_as = 'spent' AND medium = 'video' THEN 1 END)
FROM jobs WHERE counted_as IS NOT NULL GROUP BY 1, 2, 3;
