-- The through-line: queue, ledger and history are one table, `jobs`; the rest says who may send when, and what is shown.
-- Portable between SQLite and PostgreSQL: ids are made by the program, times are UTC epoch seconds, JSON is text.

CREATE TABLE accounts (
    id BIGINT PRIMARY KEY,
    provider TEXT NOT NULL,
    fingerprint TEXT NOT NULL,             -- keyed hash of the key: the same key is the same account
    gate TEXT NOT NULL,                    -- bot.domain.gate.Gate as JSON
    reached DOUBLE PRECISION NOT NULL,     -- virtual time that its guilds have reached
    purchased_credits BIGINT,              -- as last told; NULL: never
    is_unlimited SMALLINT NOT NULL,
    balance_at DOUBLE PRECISION,
    UNIQUE (provider, fingerprint)
);

CREATE TABLE guild_turns (
    account_id BIGINT NOT NULL REFERENCES accounts (id),
    flow_id BIGINT NOT NULL,               -- guild id, or minus the user id in direct messages
    virtual_time DOUBLE PRECISION NOT NULL,
    since BIGINT NOT NULL,                 -- job that ended its idleness
    queued BIGINT NOT NULL,                -- its jobs in that state, counted at each move
    reached DOUBLE PRECISION NOT NULL,     -- virtual time that its members have reached
    PRIMARY KEY (account_id, flow_id)
);

CREATE TABLE user_turns (
    account_id BIGINT NOT NULL REFERENCES accounts (id),
    flow_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    virtual_time DOUBLE PRECISION NOT NULL,
    since BIGINT NOT NULL,
    queued BIGINT NOT NULL,
    PRIMARY KEY (account_id, flow_id, user_id)
);

CREATE TABLE jobs (
    id BIGINT PRIMARY KEY,
    account_id BIGINT NOT NULL REFERENCES accounts (id),
    flow_id BIGINT NOT NULL,
    guild_id BIGINT,
    channel_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    provider TEXT NOT NULL,
    medium TEXT NOT NULL,                  -- bot.domain.catalog.Medium, of the request
    state TEXT NOT NULL,                   -- bot.domain.jobs.JobState
    request TEXT NOT NULL,                 -- bot.domain.requests.GenerationRequest as JSON, its links unsigned
    sealed_references TEXT,                -- encrypted: the signatures of those links, gone when dead
    references_expire_at DOUBLE PRECISION,
    model_id TEXT,
    is_private SMALLINT NOT NULL,
    parent_id BIGINT,
    press TEXT,                            -- member and button, at least until the card stands: one job for a double click
    reserved_credits BIGINT,
    charged_credits BIGINT,
    generation_id TEXT,
    progress_percent BIGINT,
    result TEXT,                           -- bot.domain.jobs.Result as JSON, its links unsigned
    sealed_media TEXT,                     -- encrypted: the signatures of those links
    failure TEXT,                          -- bot.domain.jobs.Failure as JSON
    owner TEXT,                            -- the process that claimed it
    cancel_asked_at DOUBLE PRECISION,
    forget_asked_at DOUBLE PRECISION,      -- by its member: request, result and failure are emptied once it has ended
    forgotten_at DOUBLE PRECISION,         -- then its files are gone, too; NULL: not yet
    next_look_at DOUBLE PRECISION,         -- late looks at what timed out
    looks_left BIGINT NOT NULL,
    created_at DOUBLE PRECISION NOT NULL,
    queued_at DOUBLE PRECISION,
    submitted_at DOUBLE PRECISION,
    answered_at DOUBLE PRECISION,
    finished_at DOUBLE PRECISION,
    took_seconds DOUBLE PRECISION          -- from the upstream's answer to the end; NULL where nobody saw it in time
);

CREATE INDEX jobs_line ON jobs (account_id, flow_id, user_id, id) WHERE state = 'queued';
-- With OR, not IN: SQLite takes a partial index where a term of the query stands in it word for word.
CREATE INDEX jobs_live ON jobs (state, id) WHERE state = 'offered' OR state = 'submitting' OR state = 'running';
CREATE INDEX jobs_offered ON jobs (account_id, flow_id, user_id) WHERE state = 'offered';
CREATE INDEX jobs_late ON jobs (next_look_at) WHERE next_look_at IS NOT NULL;
CREATE INDEX jobs_sealed ON jobs (references_expire_at) WHERE sealed_references IS NOT NULL;
CREATE UNIQUE INDEX jobs_press ON jobs (press) WHERE press IS NOT NULL;
CREATE INDEX jobs_of_guild ON jobs (guild_id, created_at);
-- All that a page of the history is chosen by, so that only what it shows is read from the table.
CREATE INDEX jobs_of_member ON jobs (user_id, created_at, id, forget_asked_at, medium, model_id);
CREATE INDEX jobs_to_forget ON jobs (id) WHERE forget_asked_at IS NOT NULL AND forgotten_at IS NULL;
CREATE INDEX jobs_timing ON jobs (provider, model_id, finished_at) WHERE took_seconds IS NOT NULL;

-- Every submission that left, or may have: the gate's window.
CREATE TABLE sends (
    id BIGINT PRIMARY KEY,
    account_id BIGINT NOT NULL REFERENCES accounts (id),
    job_id BIGINT,                         -- NULL: somebody else's with the same key, by the upstream's headers
    sent_at DOUBLE PRECISION NOT NULL,
    answered_at DOUBLE PRECISION           -- NULL: open
);

CREATE INDEX sends_of_account ON sends (account_id, answered_at);

CREATE TABLE cards (
    job_id BIGINT PRIMARY KEY REFERENCES jobs (id),
    kind TEXT NOT NULL,                    -- bot.ports.CardKind
    channel_id BIGINT NOT NULL,
    message_id BIGINT,
    sealed_token TEXT,                     -- encrypted, gone when dead
    token_expires_at DOUBLE PRECISION NOT NULL,
    attachment_limit_bytes BIGINT NOT NULL,
    carried TEXT NOT NULL,                 -- references that the message carries, as JSON, their links unsigned
    state TEXT NOT NULL,                   -- bot.ports.CardState
    wanted BIGINT NOT NULL,
    shown BIGINT NOT NULL,
    posting_rung TEXT,
    posting_nonce TEXT,
    posting_since DOUBLE PRECISION,
    delivered_at DOUBLE PRECISION,
    delivered_state TEXT,                  -- the end that stands; a rescue brings another one
    ping_since DOUBLE PRECISION,           -- the member is to be pinged, or may have been
    redraw_at DOUBLE PRECISION             -- when a waiting job's place is worth showing anew
);

CREATE INDEX cards_to_redraw ON cards (redraw_at) WHERE redraw_at IS NOT NULL;

CREATE INDEX cards_pinging ON cards (job_id) WHERE ping_since IS NOT NULL;
CREATE INDEX cards_behind ON cards (job_id) WHERE state = 'live' AND wanted > shown;
CREATE INDEX cards_sealed ON cards (token_expires_at) WHERE sealed_token IS NOT NULL;

-- What members chose for themselves.
CREATE TABLE members (
    user_id BIGINT PRIMARY KEY,
    notify TEXT NOT NULL,                  -- bot.domain.pings.Notify
    image_model TEXT,                      -- NULL here and below: whatever the upstream's default is
    video_model TEXT,
    aspect_ratio TEXT,
    is_private SMALLINT NOT NULL
);

-- Every move of every job, for those who ask what happened.
CREATE TABLE events (
    id BIGINT PRIMARY KEY,
    job_id BIGINT NOT NULL REFERENCES jobs (id),
    at DOUBLE PRECISION NOT NULL,
    from_state TEXT,
    to_state TEXT NOT NULL,
    detail TEXT NOT NULL
);

CREATE INDEX events_of_job ON events (job_id, id);

-- Things kept by name: the catalogue as last told, the hash of the synced commands.
CREATE TABLE documents (
    key TEXT PRIMARY KEY,
    body TEXT NOT NULL,
    stored_at DOUBLE PRECISION NOT NULL
);

-- Requests that members are still preparing, or have yet to confirm.
CREATE TABLE drafts (
    id BIGINT PRIMARY KEY,
    user_id BIGINT NOT NULL,
    request TEXT NOT NULL,                 -- as in jobs, its links unsigned
    sealed_references TEXT,
    references_expire_at DOUBLE PRECISION,
    options TEXT NOT NULL,                 -- as its form shows them
    words TEXT,                            -- the prompt as typed, while something of the typing is wrong
    parent_id BIGINT,
    is_private SMALLINT NOT NULL,
    created_at DOUBLE PRECISION NOT NULL
);
