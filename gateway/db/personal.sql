-- name: write
INSERT INTO daybridge.personal_objects (business_id, calendar_id, staff_member_id, href, etag, body, kept)
VALUES (%(business_id)s::bigint, %(calendar_id)s::bigint, %(staff_id)s::bigint, %(href)s, %(etag)s, %(body)s, %(kept)s)
ON CONFLICT (business_id, calendar_id, staff_member_id, href) DO UPDATE
SET etag = EXCLUDED.etag, body = EXCLUDED.body, kept = EXCLUDED.kept;

-- name: remove
DELETE FROM daybridge.personal_objects
WHERE business_id = %(business_id)s::bigint AND calendar_id = %(calendar_id)s::bigint
  AND staff_member_id = %(staff_id)s::bigint AND href = %(href)s;

-- name: kept
SELECT kept FROM daybridge.personal_objects
WHERE business_id = %(business_id)s::bigint AND calendar_id = %(calendar_id)s::bigint
  AND staff_member_id = %(staff_id)s::bigint AND href = %(href)s;

-- name: kept_in
-- What anybody keeps in these objects.
SELECT p.calendar_id, p.href, p.staff_member_id, p.kept
FROM daybridge.personal_objects p
JOIN unnest(%(calendar_ids)s::bigint[], %(hrefs)s::text[]) AS o (calendar_id, href)
  ON p.calendar_id = o.calendar_id AND p.href = o.href
WHERE p.business_id = %(business_id)s::bigint;
