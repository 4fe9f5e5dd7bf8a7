-- name: guild_keys
SELECT guild_id, provider, account_id, sealed_key, last_four, entered_by, entered_at
FROM guild_keys ORDER BY guild_id, provider;

-- name: keys_of_guild
SELECT k.provider, k.last_four, k.entered_by, k.entered_at, a.gate, a.purchased_credits, a.is_unlimited
FROM guild_keys AS k JOIN accounts AS a ON a.id = k.account_id
WHERE k.guild_id = :guild_id ORDER BY k.provider;

-- name: put_guild_key
INSERT INTO guild_keys (guild_id, provider, account_id, sealed_key, last_four, entered_by, entered_at)
VALUES (:guild_id, :provider, :account_id, :sealed_key, :last_four, :entered_by, :now)
ON CONFLICT (guild_id, provider) DO UPDATE SET
    account_id = excluded.account_id, sealed_key = excluded.sealed_key, last_four = excluded.last_four,
    entered_by = excluded.entered_by, entered_at = excluded.entered_at;

-- name: delete_guild_key
DELETE FROM guild_keys WHERE guild_id = :guild_id AND provider = :provider;

-- name: waiting_and_homes
-- What waits, and the account that pays for it: the guild's own, else the operator's.
SELECT jobs.id, jobs.account_id, flow_id, user_id, state, COALESCE(own.account_id, :default_id) AS home
FROM jobs LEFT JOIN guild_keys AS own ON own.guild_id = jobs.guild_id AND own.provider = jobs.provider
WHERE jobs.state = 'queued' AND jobs.provider = :provider
UNION ALL
SELECT jobs.id, jobs.account_id, flow_id, user_id, state, COALESCE(own.account_id, :default_id) AS home
FROM jobs LEFT JOIN guild_keys AS own ON own.guild_id = jobs.guild_id AND own.provider = jobs.provider
WHERE jobs.state = 'offered' AND jobs.provider = :provider;

-- name: own_account
SELECT account_id FROM guild_keys WHERE guild_id = :guild_id AND provider = :provider;
