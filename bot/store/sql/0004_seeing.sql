-- Moderators see what is done, and what is old is let go: a log whose entries are rows, and ways to find what is asked for.

-- What is to stand in a log channel, for each channel that it is told in.
CREATE TABLE log_entries (
    id BIGINT NOT NULL,                    -- of the job or the change
    kind TEXT NOT NULL,                    -- bot.ports.EntryKind
    guild_id BIGINT NOT NULL,
    channel_id BIGINT NOT NULL,
    message_id BIGINT,                     -- NULL: not known to stand
    wanted BIGINT NOT NULL,
    shown BIGINT NOT NULL,
    PRIMARY KEY (id, channel_id)
);

CREATE INDEX log_to_post ON log_entries (channel_id, id) WHERE message_id IS NULL AND wanted > shown;
CREATE INDEX log_to_edit ON log_entries (channel_id, id) WHERE message_id IS NOT NULL AND wanted > shown;

-- Log channels that could not be written to, the last time that it was tried.
CREATE TABLE closed_logs (
    channel_id BIGINT PRIMARY KEY,
    since DOUBLE PRECISION NOT NULL
);

-- All that a guild's use is summed up by, so that a month of it is read without the table. Partial, so that only those
-- use it who say `guild_id > 0`: SQLite would walk all of it for whatever it holds.
DROP INDEX jobs_of_guild;
CREATE INDEX jobs_of_guild ON jobs (
    guild_id, created_at, id, user_id, model_id, medium, state, charged_credits, reserved_credits, next_look_at
) WHERE guild_id > 0;

-- What ended and still has its words, by whose rules it is kept.
CREATE INDEX jobs_to_expire ON jobs (flow_id, finished_at) WHERE forget_asked_at IS NULL AND finished_at IS NOT NULL;

CREATE INDEX guild_usage_by_age ON guild_usage (quarter);
CREATE INDEX member_usage_by_age ON member_usage (quarter);
