-- name: member
SELECT notify, image_model, video_model, aspect_ratio, is_private FROM members WHERE user_id = :user_id;

-- name: save_member
INSERT INTO members (user_id, notify, image_model, video_model, aspect_ratio, is_private)
VALUES (:user_id, :notify, :image_model, :video_model, :aspect_ratio, :is_private)
ON CONFLICT (user_id) DO UPDATE SET
    notify = excluded.notify, image_model = excluded.image_model, video_model = excluded.video_model,
    aspect_ratio = excluded.aspect_ratio, is_private = excluded.is_private;
