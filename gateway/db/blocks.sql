-- name: find
SELECT id FROM daybridge.blocks
WHERE business_id = %(business_id)s::bigint AND calendar_id = %(calendar_id)s::bigint AND href = %(href)s;

-- name: sight
SELECT * FROM daybridge.sight(%(business_id)s::bigint, %(calendar_id)s::bigint, %(viewer)s::bigint, %(href)s, %(uid)s);

-- name: put
SELECT daybridge.put_block(
    %(business_id)s::bigint, %(calendar_id)s::bigint, %(staff_id)s::bigint, %(href)s, %(uid)s, %(etag)s, %(body)s,
    %(shared_etag)s, %(shared)s, %(starts_at)s::timestamptz, %(ends_at)s::timestamptz, %(recurs)s,
    %(expanded_until)s::timestamptz, %(time_zone)s, %(now)s::timestamptz, %(starts)s::timestamptz[],
    %(ends)s::timestamptz[])
FROM daybridge.lock_staff(%(business_id)s::bigint, ARRAY[%(staff_id)s::bigint]);

-- name: renew
-- Under another ETag, for its owner too: whoever holds another version of it fetches it again.
WITH shown AS (
    UPDATE daybridge.calendar_objects
    SET revision = %(revision)s::bigint,
        etag = '"' || left(encode(sha256(convert_to(etag || %(revision)s::text, 'UTF8')), 'hex'), 32) || '"'
    WHERE business_id = %(business_id)s::bigint AND calendar_id = %(calendar_id)s::bigint AND href = %(href)s
      AND NOT deleted AND booking_id IS NULL
    RETURNING href
)
UPDATE daybridge.personal_objects p
SET etag = '"' || left(encode(sha256(convert_to(etag || %(revision)s::text, 'UTF8')), 'hex'), 32) || '"'
FROM shown
WHERE p.business_id = %(business_id)s::bigint AND p.calendar_id = %(calendar_id)s::bigint AND p.href = shown.href;

-- name: bury
UPDATE daybridge.calendar_objects
SET deleted = true, body = '', fingerprint = '', revision = %(revision)s::bigint, modified_at = clock_timestamp()
WHERE business_id = %(business_id)s::bigint AND calendar_id = %(calendar_id)s::bigint AND href = %(href)s;

-- name: remove
WITH removed AS (
    DELETE FROM daybridge.blocks
    WHERE business_id = %(business_id)s::bigint AND calendar_id = %(calendar_id)s::bigint AND href = %(href)s
    RETURNING calendar_id
)
UPDATE daybridge.calendars c SET blocks = c.blocks - 1 FROM removed
WHERE c.business_id = %(business_id)s::bigint AND c.id = removed.calendar_id;

-- name: due
-- Blocks that recur for ever and whose time is held only up to a moment, or that were expanded in another time zone than
-- the business has by now; with the true bytes that their owner sent.
SELECT b.id, b.staff_member_id, b.calendar_id, b.href, o.uid, p.body, b.time_zone <> %(time_zone)s
FROM daybridge.blocks b
JOIN daybridge.personal_objects p
  ON p.business_id = %(business_id)s::bigint AND p.calendar_id = b.calendar_id
     AND p.staff_member_id = b.staff_member_id AND p.href = b.href
JOIN daybridge.calendar_objects o
  ON o.business_id = %(business_id)s::bigint AND o.calendar_id = b.calendar_id AND o.href = b.href
WHERE b.business_id = %(business_id)s::bigint
  AND (b.expanded_until < %(before)s::timestamptz OR b.time_zone <> %(time_zone)s)
ORDER BY b.id LIMIT %(most)s::int;

-- name: businesses_due
SELECT DISTINCT b.business_id
FROM daybridge.blocks b LEFT JOIN public.businesses owner ON owner.id = b.business_id
WHERE b.expanded_until < %(before)s::timestamptz OR b.time_zone <> coalesce(owner.time_zone, 'UTC') ORDER BY 1;

-- name: expanded
UPDATE daybridge.blocks
SET expanded_until = CASE WHEN expanded_until IS NULL THEN NULL ELSE %(until)s::timestamptz END, time_zone = %(time_zone)s
WHERE business_id = %(business_id)s::bigint AND id = %(id)s::bigint;
