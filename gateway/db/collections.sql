-- name: visitor
SELECT * FROM daybridge.visitor(%(business_id)s::bigint, %(password_id)s::bigint);

-- name: calendar
SELECT * FROM daybridge.calendar_of(%(business_id)s::bigint, %(kind)s, %(staff_id)s::bigint);

-- name: calendars
SELECT c.id, c.kind, c.staff_member_id, coalesce(st.name, ''), c.epoch, c.revision, c.floor_revision, c.changed_at
FROM daybridge.calendars c
LEFT JOIN daybridge.staff_members st ON st.id = c.staff_member_id
WHERE c.business_id = %(business_id)s::bigint AND c.detail = 'full'
  AND (c.staff_member_id = %(staff_id)s::bigint
       OR %(manager)s::boolean
          AND (c.kind = 'team' OR c.kind = 'bookings' AND st.id IS NOT NULL AND coalesce(st.active, true)))
ORDER BY c.staff_member_id IS DISTINCT FROM %(staff_id)s::bigint, c.kind, st.name, c.id;

-- name: listing
-- Here and below: what the reader's own apps keep of an object stands before what everyone gets.
SELECT o.href, coalesce(p.etag, o.etag)
FROM daybridge.calendar_objects o
LEFT JOIN daybridge.personal_objects p
  ON p.business_id = %(business_id)s::bigint AND p.calendar_id = %(calendar_id)s::bigint
     AND p.staff_member_id = %(staff_id)s::bigint AND p.href = o.href
WHERE o.business_id = %(business_id)s::bigint AND o.calendar_id = %(calendar_id)s::bigint AND NOT o.deleted;

-- name: objects
SELECT o.href, o.uid, coalesce(p.etag, o.etag), o.starts_at, o.ends_at, o.modified_at, coalesce(p.body, o.body),
       o.booking_id, o.recurs
FROM daybridge.calendar_objects o
LEFT JOIN daybridge.personal_objects p
  ON p.business_id = %(business_id)s::bigint AND p.calendar_id = %(calendar_id)s::bigint
     AND p.staff_member_id = %(staff_id)s::bigint AND p.href = o.href
WHERE o.business_id = %(business_id)s::bigint AND o.calendar_id = %(calendar_id)s::bigint AND NOT o.deleted
  AND o.href = ANY (%(hrefs)s::text[]);

-- name: listing_between
-- What overlaps a span of time (RFC 4791 9.9, for events with an end); an open side is NULL.
SELECT o.href, coalesce(p.etag, o.etag)
FROM daybridge.calendar_objects o
LEFT JOIN daybridge.personal_objects p
  ON p.business_id = %(business_id)s::bigint AND p.calendar_id = %(calendar_id)s::bigint
     AND p.staff_member_id = %(staff_id)s::bigint AND p.href = o.href
WHERE o.business_id = %(business_id)s::bigint AND o.calendar_id = %(calendar_id)s::bigint AND NOT o.deleted
  AND o.starts_at < coalesce(%(until)s::timestamptz, 'infinity')
  AND o.ends_at > coalesce(%(since)s::timestamptz, '-infinity') AND NOT o.recurs;

-- name: objects_between
SELECT o.href, o.uid, coalesce(p.etag, o.etag), o.starts_at, o.ends_at, o.modified_at, coalesce(p.body, o.body),
       o.booking_id, o.recurs
FROM daybridge.calendar_objects o
LEFT JOIN daybridge.personal_objects p
  ON p.business_id = %(business_id)s::bigint AND p.calendar_id = %(calendar_id)s::bigint
     AND p.staff_member_id = %(staff_id)s::bigint AND p.href = o.href
WHERE o.business_id = %(business_id)s::bigint AND o.calendar_id = %(calendar_id)s::bigint AND NOT o.deleted
  AND o.starts_at < coalesce(%(until)s::timestamptz, 'infinity')
  AND o.ends_at > coalesce(%(since)s::timestamptz, '-infinity') AND (o.recurs OR NOT %(recurring_only)s);

-- name: objects_with_uid
-- What contains this in its UID, in any case (RFC 4791 9.7.5, i;ascii-casemap).
SELECT o.href, o.uid, coalesce(p.etag, o.etag), o.starts_at, o.ends_at, o.modified_at, coalesce(p.body, o.body),
       o.booking_id, o.recurs
FROM daybridge.calendar_objects o
LEFT JOIN daybridge.personal_objects p
  ON p.business_id = %(business_id)s::bigint AND p.calendar_id = %(calendar_id)s::bigint
     AND p.staff_member_id = %(staff_id)s::bigint AND p.href = o.href
WHERE o.business_id = %(business_id)s::bigint AND o.calendar_id = %(calendar_id)s::bigint AND NOT o.deleted
  AND strpos(lower(o.uid), lower(%(part)s)) > 0;

-- name: bodies
-- Unsorted: ten thousand bodies would be sorted on disk.
SELECT o.starts_at, o.href, coalesce(p.body, o.body)
FROM daybridge.calendar_objects o
LEFT JOIN daybridge.personal_objects p
  ON p.business_id = %(business_id)s::bigint AND p.calendar_id = %(calendar_id)s::bigint
     AND p.staff_member_id = %(staff_id)s::bigint AND p.href = o.href
WHERE o.business_id = %(business_id)s::bigint AND o.calendar_id = %(calendar_id)s::bigint AND NOT o.deleted
UNION ALL
-- Where less is told than all, a block stands only in its owner's calendar, and says no more there.
SELECT o.starts_at, o.href, o.body
FROM daybridge.calendars c
JOIN daybridge.calendars own
  ON own.business_id = %(business_id)s::bigint AND own.kind = 'bookings' AND own.detail = 'full'
     AND own.staff_member_id = c.staff_member_id
JOIN daybridge.calendar_objects o
  ON o.business_id = %(business_id)s::bigint AND o.calendar_id = own.id AND o.booking_id IS NULL AND NOT o.deleted
WHERE c.business_id = %(business_id)s::bigint AND c.id = %(calendar_id)s::bigint
  AND c.kind = 'bookings' AND c.detail <> 'full';

-- name: href_of_uid
SELECT href FROM daybridge.calendar_objects
WHERE business_id = %(business_id)s::bigint AND calendar_id = %(calendar_id)s::bigint AND uid = %(uid)s AND NOT deleted;

-- name: zone
SELECT coalesce(time_zone, 'UTC') FROM daybridge.businesses WHERE id = %(business_id)s::bigint;

-- name: changes
-- What changed after (revision, href), tombstones included unless they are older than the client.
SELECT o.href, coalesce(p.etag, o.etag), o.deleted, o.revision, o.modified_at, ''::bytea
FROM daybridge.calendar_objects o
LEFT JOIN daybridge.personal_objects p
  ON p.business_id = %(business_id)s::bigint AND p.calendar_id = %(calendar_id)s::bigint
     AND p.staff_member_id = %(staff_id)s::bigint AND p.href = o.href
WHERE o.business_id = %(business_id)s::bigint AND o.calendar_id = %(calendar_id)s::bigint AND o.revision >= %(revision)s::bigint AND (o.revision, o.href) > (%(revision)s::bigint, %(href)s)
  AND (NOT o.deleted OR o.revision > %(first)s::bigint)
ORDER BY o.revision, o.href LIMIT %(most)s::bigint;

-- name: changes_with_bodies
SELECT o.href, coalesce(p.etag, o.etag), o.deleted, o.revision, o.modified_at, coalesce(p.body, o.body)
FROM daybridge.calendar_objects o
LEFT JOIN daybridge.personal_objects p
  ON p.business_id = %(business_id)s::bigint AND p.calendar_id = %(calendar_id)s::bigint
     AND p.staff_member_id = %(staff_id)s::bigint AND p.href = o.href
WHERE o.business_id = %(business_id)s::bigint AND o.calendar_id = %(calendar_id)s::bigint AND o.revision >= %(revision)s::bigint AND (o.revision, o.href) > (%(revision)s::bigint, %(href)s)
  AND (NOT o.deleted OR o.revision > %(first)s::bigint)
ORDER BY o.revision, o.href LIMIT %(most)s::bigint;

-- name: all_present
SELECT o.href, coalesce(p.etag, o.etag), false, o.revision, o.modified_at, ''::bytea
FROM daybridge.calendar_objects o
LEFT JOIN daybridge.personal_objects p
  ON p.business_id = %(business_id)s::bigint AND p.calendar_id = %(calendar_id)s::bigint
     AND p.staff_member_id = %(staff_id)s::bigint AND p.href = o.href
WHERE o.business_id = %(business_id)s::bigint AND o.calendar_id = %(calendar_id)s::bigint AND NOT o.deleted;

-- name: all_present_with_bodies
SELECT o.href, coalesce(p.etag, o.etag), false, o.revision, o.modified_at, coalesce(p.body, o.body)
FROM daybridge.calendar_objects o
LEFT JOIN daybridge.personal_objects p
  ON p.business_id = %(business_id)s::bigint AND p.calendar_id = %(calendar_id)s::bigint
     AND p.staff_member_id = %(staff_id)s::bigint AND p.href = o.href
WHERE o.business_id = %(business_id)s::bigint AND o.calendar_id = %(calendar_id)s::bigint AND NOT o.deleted;

-- name: properties
SELECT calendar_id, name, value FROM daybridge.calendar_properties
WHERE business_id = %(business_id)s::bigint AND staff_member_id = %(staff_id)s::bigint
  AND calendar_id = ANY (%(calendar_ids)s::bigint[]);

-- name: set_property
INSERT INTO daybridge.calendar_properties (business_id, calendar_id, staff_member_id, name, value)
VALUES (%(business_id)s::bigint, %(calendar_id)s::bigint, %(staff_id)s::bigint, %(name)s, %(value)s)
ON CONFLICT (business_id, calendar_id, staff_member_id, name) DO UPDATE SET value = EXCLUDED.value;

-- name: remove_property
DELETE FROM daybridge.calendar_properties
WHERE business_id = %(business_id)s::bigint AND calendar_id = %(calendar_id)s::bigint
  AND staff_member_id = %(staff_id)s::bigint AND name = %(name)s;

-- name: count_properties
SELECT count(*) FROM daybridge.calendar_properties
WHERE business_id = %(business_id)s::bigint AND calendar_id = %(calendar_id)s::bigint
  AND staff_member_id = %(staff_id)s::bigint;

-- name: renew
-- Have a booking's event written anew, as its next revision: whoever holds another version of it fetches it again.
WITH shown AS (
    SELECT booking_id FROM daybridge.calendar_objects
    WHERE business_id = %(business_id)s::bigint AND calendar_id = %(calendar_id)s::bigint AND href = %(href)s
      AND NOT deleted AND booking_id IS NOT NULL
), forgotten AS (
    UPDATE daybridge.event_revisions r SET fingerprint = '' FROM shown
    WHERE r.business_id = %(business_id)s::bigint AND r.booking_id = shown.booking_id
), spoilt AS (
    UPDATE daybridge.calendar_objects o SET fingerprint = '' FROM shown
    WHERE o.business_id = %(business_id)s::bigint AND o.booking_id = shown.booking_id AND NOT o.deleted
)
INSERT INTO daybridge.outbox (business_id, scope, subject_id)
SELECT %(business_id)s::bigint, 'booking', booking_id FROM shown;

-- name: set_patience
SELECT set_config('lock_timeout', %(milliseconds)s::text, true);
