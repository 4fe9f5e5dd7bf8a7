-- name: log_channel
SELECT value FROM guild_settings WHERE guild_id = :guild_id AND name = 'log_channel';

-- name: insert_entry
INSERT INTO log_entries (id, kind, guild_id, channel_id, message_id, wanted, shown)
VALUES (:id, :kind, :guild_id, :channel_id, NULL, 1, 0);

-- name: want_entry
UPDATE log_entries SET wanted = wanted + 1 WHERE id = :id RETURNING id;

-- name: want_entries_of_member
-- Of what is being forgotten.
UPDATE log_entries SET wanted = wanted + 1 WHERE id IN (
    SELECT id FROM jobs WHERE user_id = :user_id AND forget_asked_at IS NOT NULL AND forgotten_at IS NULL
);

-- name: entries_to_post
-- The oldest of each channel.
SELECT entry.id, entry.kind, entry.guild_id, entry.channel_id, entry.message_id, entry.wanted FROM (
    SELECT channel_id, MIN(id) AS id FROM log_entries WHERE message_id IS NULL AND wanted > shown GROUP BY channel_id
) AS oldest JOIN log_entries AS entry ON entry.id = oldest.id AND entry.channel_id = oldest.channel_id;

-- name: entries_to_edit
-- The newest of each channel: what was told lately changes by itself, what is old only loses its words.
SELECT entry.id, entry.kind, entry.guild_id, entry.channel_id, entry.message_id, entry.wanted FROM (
    SELECT channel_id, MAX(id) AS id FROM log_entries WHERE message_id IS NOT NULL AND wanted > shown GROUP BY channel_id
) AS newest JOIN log_entries AS entry ON entry.id = newest.id AND entry.channel_id = newest.channel_id;

-- name: change
SELECT id, guild_id, user_id, at, name, old, new FROM changes WHERE id = :id;

-- name: show_entry
UPDATE log_entries SET message_id = :message_id, shown = CASE WHEN :shown > shown THEN :shown ELSE shown END
WHERE id = :id AND channel_id = :channel_id;

-- name: delete_entry
DELETE FROM log_entries WHERE id = :id AND channel_id = :channel_id;

-- name: delete_settled_entries
-- Nothing of the job will change any more.
DELETE FROM log_entries WHERE id = :id AND shown >= wanted
    AND (SELECT forgotten_at FROM jobs WHERE jobs.id = :id) IS NOT NULL;

-- name: delete_entries_behind
DELETE FROM log_entries WHERE channel_id = :channel_id AND message_id IS NULL AND wanted > shown RETURNING id;

-- name: delete_edits_behind
DELETE FROM log_entries WHERE channel_id = :channel_id AND message_id IS NOT NULL AND wanted > shown RETURNING id;

-- name: close_log
INSERT INTO closed_logs (channel_id, since) VALUES (:channel_id, :now) ON CONFLICT (channel_id) DO NOTHING;

-- name: closed_log
SELECT closed.since FROM guild_settings AS setting
JOIN closed_logs AS closed ON CAST(closed.channel_id AS TEXT) = setting.value
WHERE setting.guild_id = :guild_id AND setting.name = 'log_channel';

-- name: open_log
DELETE FROM closed_logs WHERE channel_id = :channel_id;
