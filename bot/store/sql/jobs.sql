-- name: job
SELECT
    id, account_id, flow_id, guild_id, channel_id, user_id, provider, state, request, sealed_references,
    references_expire_at, model_id, is_private, parent_id, press, reserved_credits, charged_credits, generation_id,
    progress_percent, result, sealed_media, failure, owner, cancel_asked_at, forget_asked_at, next_look_at,
    looks_left, created_at, queued_at, submitted_at, answered_at, finished_at, circumstances, preceding_tasks,
    begun_at, cancel_code
FROM jobs WHERE id = :id;

-- name: claim_job
UPDATE jobs SET state = 'submitting', owner = :owner, submitted_at = :now
WHERE id = :id AND state = 'queued' AND cancel_asked_at IS NULL RETURNING id;

-- name: reserve_credits
UPDATE jobs SET reserved_credits = :reserved_credits WHERE id = :id;

-- name: insert_send
INSERT INTO sends (id, account_id, job_id, sent_at, answered_at)
VALUES (:id, :account_id, :job_id, :sent_at, :answered_at);

-- name: last_send
SELECT id, sent_at FROM sends WHERE job_id = :job_id ORDER BY id DESC LIMIT 1;

-- name: answer_send
UPDATE sends SET answered_at = :now WHERE id = :id;

-- name: delete_send
DELETE FROM sends WHERE id = :id;

-- name: prune_sends
DELETE FROM sends WHERE account_id = :account_id AND answered_at <= :before;

-- name: run_job
UPDATE jobs SET
    state = 'running', generation_id = :generation_id, model_id = COALESCE(:model_id, model_id),
    charged_credits = :charged_credits, answered_at = :now, failure = NULL, finished_at = NULL
WHERE id = :id;

-- name: asked_again
SELECT id FROM jobs
WHERE user_id = :user_id AND created_at >= :since AND parent_id = :id AND state NOT IN ('cancelled', 'failed') LIMIT 1;

-- name: requeue_job
UPDATE jobs SET state = 'queued', owner = NULL, submitted_at = NULL, finished_at = NULL WHERE id = :id;

-- name: end_job
UPDATE jobs SET
    state = :state, failure = :failure, result = :result, sealed_media = :sealed_media, press = NULL, finished_at = :now,
    charged_credits = COALESCE(:charged_credits, charged_credits), next_look_at = :next_look_at,
    looks_left = :looks_left
WHERE id = :id;

-- name: keep_duration
UPDATE jobs SET took_seconds = :took_seconds WHERE id = :id;

-- name: save_balance
UPDATE accounts SET purchased_credits = :purchased_credits, is_unlimited = :is_unlimited, balance_at = :now
WHERE id = :id;

-- name: ask_cancel
UPDATE jobs SET cancel_asked_at = :now, cancel_code = :code WHERE id = :id AND cancel_asked_at IS NULL;

-- name: save_request
UPDATE jobs SET
    request = :request, sealed_references = :sealed_references, references_expire_at = :references_expire_at
WHERE id = :id AND forget_asked_at IS NULL;

-- name: drop_dead_links
UPDATE jobs SET sealed_references = NULL WHERE sealed_references IS NOT NULL AND references_expire_at <= :now;

-- name: save_progress
UPDATE jobs SET progress_percent = :progress_percent, preceding_tasks = :preceding_tasks, begun_at = :begun_at
WHERE id = :id AND state = 'running';

-- name: schedule_look
UPDATE jobs SET next_look_at = :next_look_at, looks_left = :looks_left WHERE id = :id;

-- name: want_card
UPDATE cards SET wanted = wanted + 1 WHERE job_id = :job_id;

-- name: insert_event
INSERT INTO events (id, job_id, at, from_state, to_state, detail)
VALUES (:id, :job_id, :at, :from_state, :to_state, :detail);

-- name: interrupted_jobs
SELECT id FROM jobs WHERE state = 'submitting' AND (owner IS NULL OR owner <> :owner) ORDER BY id;

-- name: close_interrupted_sends
UPDATE sends SET answered_at = :now WHERE answered_at IS NULL OR answered_at > :now;

-- name: draw_times_back
-- Of what is not over, after the clock was put back: no look and no deadline waits for the old time to come again.
UPDATE jobs SET
    created_at = CASE WHEN created_at > :now THEN :now ELSE created_at END,
    answered_at = CASE WHEN answered_at > :now THEN :now ELSE answered_at END,
    begun_at = CASE WHEN begun_at > :now THEN :now ELSE begun_at END,
    next_look_at = CASE WHEN finished_at > :now THEN next_look_at - (finished_at - :now) ELSE next_look_at END,
    finished_at = CASE WHEN finished_at > :now THEN :now ELSE finished_at END
WHERE (state IN ('offered', 'queued', 'submitting', 'running') OR next_look_at IS NOT NULL)
    AND (created_at > :now OR answered_at > :now OR begun_at > :now OR finished_at > :now);

-- name: running_jobs
SELECT id FROM jobs WHERE state = 'running' ORDER BY id;

-- name: tasks_open
SELECT COUNT(*) AS tasks, COUNT(CASE WHEN state = 'running' THEN 1 END) AS running
FROM jobs WHERE (state = 'submitting' OR state = 'running') AND account_id = :account_id;

-- name: unknown_jobs
SELECT id FROM jobs WHERE state = 'unknown' AND finished_at >= :since ORDER BY finished_at;

-- name: jobs_in_doubt
SELECT id FROM jobs WHERE state = 'unknown' AND finished_at >= :since AND account_id = :account_id AND id <> :id
UNION SELECT id FROM jobs WHERE state = 'submitting' AND account_id = :account_id;

-- name: job_of_generation
SELECT id FROM jobs WHERE provider = :provider AND generation_id = :generation_id LIMIT 1;

-- name: late_jobs
SELECT id, next_look_at, looks_left FROM jobs WHERE next_look_at IS NOT NULL ORDER BY next_look_at;

-- name: rehome_job
UPDATE jobs SET account_id = :account_id WHERE id = :id;
