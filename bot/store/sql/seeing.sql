-- name: tallies
-- Spent and held are told apart as in `usage`; what came to nothing gives back what was held for it.
SELECT
    CASE :grouping
        WHEN 'member' THEN CAST(user_id AS TEXT)
        WHEN 'model' THEN COALESCE(model_id, '')
        ELSE CASE state WHEN 'offered' THEN 'queued' WHEN 'submitting' THEN 'running' ELSE state END END AS key,
    COUNT(CASE WHEN state NOT IN ('cancelled', 'failed') THEN 1 END) AS requests,
    COUNT(CASE WHEN state NOT IN ('cancelled', 'failed') AND medium = 'image' THEN 1 END) AS pictures,
    COUNT(CASE WHEN state NOT IN ('cancelled', 'failed') AND medium = 'video' THEN 1 END) AS videos,
    COUNT(CASE WHEN state IN ('cancelled', 'failed') THEN 1 END) AS in_vain,
    COUNT(CASE
        WHEN state NOT IN ('cancelled', 'failed') AND charged_credits IS NULL AND reserved_credits IS NULL
        THEN 1 END) AS unpriced,
    CAST(COALESCE(SUM(CASE
        WHEN charged_credits IS NOT NULL THEN charged_credits
        WHEN state IN ('succeeded', 'unknown') OR (state = 'timed_out' AND next_look_at IS NULL) THEN reserved_credits
        ELSE 0 END), 0) AS BIGINT) AS spent_credits,
    CAST(COALESCE(SUM(CASE
        WHEN charged_credits IS NOT NULL THEN 0
        WHEN state IN ('offered', 'queued', 'submitting', 'running') OR next_look_at IS NOT NULL THEN reserved_credits
        ELSE 0 END), 0) AS BIGINT) AS held_credits,
    CAST(COALESCE(SUM(CASE
        WHEN state IN ('cancelled', 'failed') AND COALESCE(charged_credits, 0) = 0 THEN reserved_credits
        ELSE 0 END), 0) AS BIGINT) AS returned_credits
FROM jobs WHERE guild_id = :guild_id AND guild_id > 0 AND created_at >= :since AND created_at < :before GROUP BY 1;

-- name: generations_of_guild
-- Newest first, after (before_at, before_id). Its card is told of only where others can see it.
SELECT
    j.id, j.user_id, j.channel_id, j.is_private, j.medium, j.model_id, j.request, j.result, j.failure, j.state,
    j.charged_credits, j.reserved_credits, j.created_at, j.finished_at, j.forget_asked_at,
    CASE WHEN c.kind = 'channel' AND c.channel_id = j.channel_id AND c.state <> 'unwanted' THEN c.message_id END
        AS message_id
FROM jobs AS j LEFT JOIN cards AS c ON c.job_id = j.id
WHERE j.guild_id = :guild_id AND j.guild_id > 0 AND j.created_at >= :since AND (j.created_at, j.id) < (:before_at, :before_id)
ORDER BY j.created_at DESC, j.id DESC LIMIT :count;
