-- name: insert_draft
INSERT INTO drafts (
    id, user_id, request, sealed_references, references_expire_at, options, parent_id, is_private, created_at
) VALUES (
    :id, :user_id, :request, :sealed_references, :references_expire_at, :options, :parent_id, :is_private, :now
);

-- name: draft
SELECT
    id, user_id, request, sealed_references, references_expire_at, options, parent_id, is_private, created_at, words
FROM drafts WHERE id = :id AND created_at > :since;

-- name: save_draft
UPDATE drafts SET
    request = :request, sealed_references = :sealed_references, references_expire_at = :references_expire_at,
    options = :options, words = :words
WHERE id = :id;

-- name: delete_draft
DELETE FROM drafts WHERE id = :id;

-- name: prune_drafts
DELETE FROM drafts WHERE created_at <= :before;
