-- name: card
SELECT
    job_id, kind, channel_id, message_id, sealed_token, token_expires_at, attachment_limit_bytes, carried, state,
    wanted, shown, posting_rung, posting_nonce, posting_since, delivered_at, delivered_state
FROM cards WHERE job_id = :job_id;

-- name: cards_behind
SELECT c.job_id, j.state FROM cards AS c JOIN jobs AS j ON j.id = c.job_id
WHERE c.state = 'live' AND c.wanted > c.shown AND j.state <> 'offered' ORDER BY c.job_id;

-- name: show_card
UPDATE cards SET
    shown = CASE WHEN :shown > shown THEN :shown ELSE shown END, channel_id = :channel_id, message_id = :message_id,
    carried = :carried, redraw_at = :redraw_at, posting_rung = NULL, posting_nonce = NULL, posting_since = NULL,
    ping_since = CASE WHEN :is_new_end = 1 THEN :ping_since ELSE ping_since END,
    delivered_at = COALESCE(delivered_at, :delivered_at), delivered_state = COALESCE(:delivered_state, delivered_state)
WHERE job_id = :job_id;

-- name: skip_card
UPDATE cards SET shown = CASE WHEN :shown > shown THEN :shown ELSE shown END WHERE job_id = :job_id;

-- name: end_card
UPDATE cards SET state = :state, sealed_token = NULL, ping_since = NULL WHERE job_id = :job_id;

-- name: intend_post
UPDATE cards SET posting_rung = :rung, posting_nonce = :nonce, posting_since = :now WHERE job_id = :job_id;

-- name: draw_card_times_back
-- After the clock was put back. How long ago a post or a ping was tried is not known then: 0, so that a post is looked for
-- from the card on before it is made again, and no ping is repeated. The line is drawn anew where all its times are ahead.
UPDATE cards SET
    posting_since = CASE WHEN posting_since > :now THEN 0 ELSE posting_since END,
    ping_since = CASE WHEN ping_since > :now THEN 0 ELSE ping_since END,
    redraw_at = CASE
        WHEN redraw_at > :now AND (SELECT at FROM events ORDER BY id DESC LIMIT 1) > :now THEN :now
        ELSE redraw_at END
WHERE posting_since > :now OR ping_since > :now OR redraw_at > :now;

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
-- Not of an end that is over meanwhile: the next one says its own word once it stands.
SELECT c.job_id, c.delivered_state, c.ping_since FROM cards AS c JOIN jobs AS j ON j.id = c.job_id
WHERE c.ping_since IS NOT NULL AND j.state = c.delivered_state ORDER BY c.job_id;

-- name: end_ping
UPDATE cards SET ping_since = NULL WHERE job_id = :job_id AND delivered_state = :state;

-- name: renew_token
-- By a click on the card: if it was given up before, it can be shown after all.
UPDATE cards SET
    sealed_token = :sealed_token, token_expires_at = :token_expires_at,
    state = CASE WHEN state = 'undeliverable' THEN 'live' ELSE state END
WHERE job_id = :job_id;

-- name: drop_token
-- Not the one that a click brought meanwhile.
UPDATE cards SET sealed_token = NULL WHERE job_id = :job_id AND token_expires_at = :expires_at;

-- name: drop_dead_tokens
UPDATE cards SET sealed_token = NULL WHERE sealed_token IS NOT NULL AND token_expires_at <= :now;
