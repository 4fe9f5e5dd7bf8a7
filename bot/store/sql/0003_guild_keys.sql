-- Guilds bring keys of their own, one for each upstream: what they ask for is paid for with these and with no other.

CREATE TABLE guild_keys (
    guild_id BIGINT NOT NULL,
    provider TEXT NOT NULL,
    account_id BIGINT NOT NULL REFERENCES accounts (id),
    sealed_key TEXT NOT NULL,              -- encrypted, for this guild and this upstream
    last_four TEXT NOT NULL,               -- all that is ever shown of it
    entered_by BIGINT NOT NULL,            -- a member
    entered_at DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (guild_id, provider)
);
