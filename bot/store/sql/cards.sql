-- name: card
SELECT
    job_id, kind, channel_id, message_id, sealed_token, token_expires_at, attachment_limit_bytes, carried, state,
    wanted, shown, posting_rung, posting_nonce, posting_since, delivered_at
FROM cards WHERE job_id = :job_id;

-- name: cards_behind
SELECT c.job_id, j.state FROM cards AS c JOIN jobs AS j ON j.id = c.job_id
WHERE c.state = 'live' AND c.wanted > c.shown AND j.state <> 'offered' ORDER BY c.job_id;

-- name: show_card
UPDATE cards SET
    shown = CASE WHEN :shown > shown THEN :shown ELSE shown END, channel_id = :channel_id, message_id = :message_id,
    carried = :carried, redraw_at = :redraw_at, posting_rung = NULL, posting_nonce = NULL, posting_since = NULL,
    ping_since = CASE WHEN delivered_at IS NULL THEN :ping_since ELSE ping_since END,
    delivered_at = COALESCE(delivered_at, :delivered_at)
WHERE job_id = :job_id;

-- name: skip_card
UPDATE cards SET shown = CASE WHEN :shown > shown THEN :shown ELSE shown END WHERE job_id = :job_id;

-- name: end_card
UPDATE cards SET state = :state, sealed_token = NULL WHERE job_id = :job_id;

-- name: intend_post
UPDATE cards SET posting_rung = :rung, posting_nonce = :nonce, posting_since = :now WHERE job_id = :job_id;

-- name: forget_post
UPDATE cards SET posting_rung = NULL, posting_nonce = NULL, posting_since = NULL WHERE job_id = :job_id;

-- name: plan_redraw
UPDATE cards SET redraw_at = :redraw_at WHERE job_id = :job_id;

-- name: redraws_due
SELECT c.job_id, j.state FROM cards AS c JOIN jobs AS j ON j.id = c.job_id
WHERE c.redraw_at <= :now ORDER BY c.redraw_at LIMIT :count;

-- name: next_redraw
SELECT MIN(redraw_at) AS at FROM cards WHERE redraw_at IS NOT NULL;

-- name: pings_due
SELECT job_id, ping_since FROM cards WHERE ping_since IS NOT NULL ORDER BY job_id;

-- name: end_ping
UPDATE cards SET ping_since = NULL WHERE job_id = :job_id;

-- name: notify_of
SELECT notify FROM members WHERE user_id = :user_id;

-- name: save_notify
INSERT INTO members (user_id, notify) VALUES (:user_id, :notify)
ON CONFLICT (user_id) DO UPDATE SET notify = excluded.notify;

-- name: renew_token
-- By a click on the card: if it was given up before, it can be shown after all.
UPDATE cards SET
    sealed_token = :sealed_token, token_expires_at = :token_expires_at,
    state = CASE WHEN state = 'undeliverable' THEN 'live' ELSE state END
WHERE job_id = :job_id;

-- name: drop_token
UPDATE cards SET sealed_token = NULL WHERE job_id = :job_id;

-- name: drop_dead_tokens
UPDATE cards SET sealed_token = NULL WHERE sealed_token IS NOT NULL AND token_expires_at <= :now;
