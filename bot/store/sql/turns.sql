-- name: account
SELECT id, provider, fingerprint, gate, reached, purchased_credits, is_unlimited, balance_at
FROM accounts WHERE id = :id;

-- name: save_gate
UPDATE accounts SET gate = :gate WHERE id = :id;

-- name: save_reached
UPDATE accounts SET reached = :reached WHERE id = :id;

-- name: slots
-- Held, or held at some time since `since`.
SELECT sent_at, answered_at FROM sends
WHERE account_id = :account_id AND (answered_at IS NULL OR answered_at > :since);

-- name: guild_flows
-- Guilds with queued jobs, each with its turn.
SELECT t.flow_id AS id, t.virtual_time, t.since, q.queued, t.reached
FROM (
    SELECT flow_id, COUNT(*) AS queued FROM jobs
    WHERE account_id = :account_id AND state = 'queued' GROUP BY flow_id
) AS q
JOIN guild_turns AS t ON t.account_id = :account_id AND t.flow_id = q.flow_id;

-- name: user_flows
-- Members of one flow with queued jobs, each with its turn.
SELECT t.user_id AS id, t.virtual_time, t.since, q.queued
FROM (
    SELECT user_id, COUNT(*) AS queued FROM jobs
    WHERE account_id = :account_id AND state = 'queued' AND flow_id = :flow_id GROUP BY user_id
) AS q
JOIN user_turns AS t ON t.account_id = :account_id AND t.flow_id = :flow_id AND t.user_id = q.user_id;

-- name: first_of_user
SELECT MIN(id) AS id FROM jobs
WHERE account_id = :account_id AND state = 'queued' AND flow_id = :flow_id AND user_id = :user_id;

-- name: older_of_user
SELECT COUNT(*) AS older FROM jobs
WHERE account_id = :account_id AND state = 'queued' AND flow_id = :flow_id AND user_id = :user_id AND id < :id;

-- name: guild_turn
SELECT virtual_time, since, reached FROM guild_turns WHERE account_id = :account_id AND flow_id = :flow_id;

-- name: user_turn
SELECT virtual_time, since FROM user_turns
WHERE account_id = :account_id AND flow_id = :flow_id AND user_id = :user_id;

-- name: save_guild_turn
INSERT INTO guild_turns (account_id, flow_id, virtual_time, since, reached)
VALUES (:account_id, :flow_id, :virtual_time, :since, :reached)
ON CONFLICT (account_id, flow_id)
DO UPDATE SET virtual_time = excluded.virtual_time, since = excluded.since, reached = excluded.reached;

-- name: save_user_turn
INSERT INTO user_turns (account_id, flow_id, user_id, virtual_time, since)
VALUES (:account_id, :flow_id, :user_id, :virtual_time, :since)
ON CONFLICT (account_id, flow_id, user_id)
DO UPDATE SET virtual_time = excluded.virtual_time, since = excluded.since;

-- name: queued_of_flow
SELECT COUNT(*) AS queued FROM jobs WHERE account_id = :account_id AND state = 'queued' AND flow_id = :flow_id;

-- name: queued_of_user
SELECT COUNT(*) AS queued FROM jobs
WHERE account_id = :account_id AND state = 'queued' AND flow_id = :flow_id AND user_id = :user_id;

-- name: forget_idle_guilds
-- A flow that the others have caught up with starts anew at the same virtual time: its row says nothing.
DELETE FROM guild_turns
WHERE account_id = :account_id AND virtual_time <= :reached
    AND NOT EXISTS (
        SELECT 1 FROM jobs AS j
        WHERE j.account_id = guild_turns.account_id AND j.flow_id = guild_turns.flow_id AND j.state = 'queued'
    );

-- name: forget_idle_users
DELETE FROM user_turns
WHERE account_id = :account_id AND flow_id = :flow_id AND virtual_time <= :reached
    AND NOT EXISTS (
        SELECT 1 FROM jobs AS j
        WHERE j.account_id = user_turns.account_id AND j.flow_id = user_turns.flow_id
            AND j.user_id = user_turns.user_id AND j.state = 'queued'
    );

-- name: forget_orphaned_users
DELETE FROM user_turns
WHERE account_id = :account_id
    AND NOT EXISTS (
        SELECT 1 FROM guild_turns AS g
        WHERE g.account_id = user_turns.account_id AND g.flow_id = user_turns.flow_id
    );
