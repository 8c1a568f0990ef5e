-- name: open
INSERT INTO daybridge.browsers (business_id, staff_member_id, name, key_hash, opened_at, turned_at, seen_at)
VALUES (%(business_id)s::bigint, %(staff_id)s::bigint, %(name)s, %(key_hash)s, %(now)s::timestamptz,
        %(now)s::timestamptz, %(now)s::timestamptz)
RETURNING id;

-- name: keep_latest
-- Whoever signs in ever again, without signing out, has so many at the most.
DELETE FROM daybridge.browsers
WHERE business_id = %(business_id)s::bigint AND staff_member_id = %(staff_id)s::bigint
  AND id NOT IN (SELECT id FROM daybridge.browsers
                 WHERE business_id = %(business_id)s::bigint AND staff_member_id = %(staff_id)s::bigint
                 ORDER BY seen_at DESC, id DESC LIMIT %(most)s::int);

-- name: find
SELECT staff_member_id, key_hash, former_hash, turned_at, seen_at FROM daybridge.browsers
WHERE business_id = %(business_id)s::bigint AND id = %(id)s::bigint;

-- name: seen
UPDATE daybridge.browsers SET seen_at = %(now)s::timestamptz
WHERE business_id = %(business_id)s::bigint AND id = %(id)s::bigint;

-- name: turn
-- Of two requests at once, one gets the new key; the other goes on with the one before for a moment.
UPDATE daybridge.browsers
SET former_hash = key_hash, key_hash = %(key_hash)s, turned_at = %(now)s::timestamptz, seen_at = %(now)s::timestamptz
WHERE business_id = %(business_id)s::bigint AND id = %(id)s::bigint AND key_hash = %(before)s
RETURNING id;

-- name: of
SELECT id, name, opened_at, seen_at FROM daybridge.browsers
WHERE business_id = %(business_id)s::bigint AND staff_member_id = %(staff_id)s::bigint
ORDER BY seen_at DESC, id DESC;

-- name: close
DELETE FROM daybridge.browsers
WHERE business_id = %(business_id)s::bigint AND staff_member_id = %(staff_id)s::bigint AND id = %(id)s::bigint
RETURNING id;

-- name: close_all
DELETE FROM daybridge.browsers
WHERE business_id = %(business_id)s::bigint AND staff_member_id = %(staff_id)s::bigint;

-- name: forget
DELETE FROM daybridge.browsers WHERE business_id = %(business_id)s::bigint AND seen_at < %(before)s::timestamptz;
