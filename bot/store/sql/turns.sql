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
-- Guilds with queued jobs.
SELECT flow_id AS id, virtual_time, since, queued FROM guild_turns WHERE account_id = :account_id AND queued > 0;

-- name: user_flows
-- Members of one flow with queued jobs.
SELECT user_id AS id, virtual_time, since, queued FROM user_turns
WHERE account_id = :account_id AND flow_id = :flow_id AND queued > 0;

-- name: first_of_user
SELECT MIN(id) AS id FROM jobs
WHERE account_id = :account_id AND state = 'queued' AND flow_id = :flow_id AND user_id = :user_id;

-- name: older_of_user
SELECT COUNT(*) AS older FROM jobs
WHERE account_id = :account_id AND state = 'queued' AND flow_id = :flow_id AND user_id = :user_id AND id < :id;

-- name: guild_turn
SELECT virtual_time, since, queued, reached FROM guild_turns WHERE account_id = :account_id AND flow_id = :flow_id;

-- name: user_turn
SELECT virtual_time, since, queued FROM user_turns
WHERE account_id = :account_id AND flow_id = :flow_id AND user_id = :user_id;

-- name: join_guild
INSERT INTO guild_turns (account_id, flow_id, virtual_time, since, queued, reached)
VALUES (:account_id, :flow_id, :virtual_time, :since, 1, 0)
ON CONFLICT (account_id, flow_id)
DO UPDATE SET virtual_time = excluded.virtual_time, since = excluded.since, queued = guild_turns.queued + 1;

-- name: join_user
INSERT INTO user_turns (account_id, flow_id, user_id, virtual_time, since, queued)
VALUES (:account_id, :flow_id, :user_id, :virtual_time, :since, 1)
ON CONFLICT (account_id, flow_id, user_id)
DO UPDATE SET virtual_time = excluded.virtual_time, since = excluded.since, queued = user_turns.queued + 1;

-- name: leave_guild
UPDATE guild_turns SET queued = queued - 1 WHERE account_id = :account_id AND flow_id = :flow_id;

-- name: leave_user
UPDATE user_turns SET queued = queued - 1
WHERE account_id = :account_id AND flow_id = :flow_id AND user_id = :user_id;

-- name: move_guild_on
UPDATE guild_turns SET virtual_time = :virtual_time, reached = :reached
WHERE account_id = :account_id AND flow_id = :flow_id;

-- name: move_user_on
UPDATE user_turns SET virtual_time = :virtual_time
WHERE account_id = :account_id AND flow_id = :flow_id AND user_id = :user_id;

-- name: forget_idle_guilds
-- A flow that the others have caught up with starts anew at the same virtual time: its row says nothing.
DELETE FROM guild_turns WHERE account_id = :account_id AND queued = 0 AND virtual_time <= :reached RETURNING flow_id;

-- name: forget_idle_users
DELETE FROM user_turns
WHERE account_id = :account_id AND flow_id = :flow_id AND queued = 0 AND virtual_time <= :reached;

-- name: forget_users
DELETE FROM user_turns WHERE account_id = :account_id AND flow_id = :flow_id;

-- name: lift_guild
UPDATE guild_turns SET virtual_time = :virtual_time
WHERE account_id = :account_id AND flow_id = :flow_id AND virtual_time < :virtual_time;

-- name: lift_user
UPDATE user_turns SET virtual_time = :virtual_time
WHERE account_id = :account_id AND flow_id = :flow_id AND user_id = :user_id AND virtual_time < :virtual_time;
