-- name: claim
-- Take the business for this transaction: one projector at a time, or revisions could go backwards.
INSERT INTO daybridge.tenants (business_id) VALUES (%(business_id)s::bigint)
ON CONFLICT (business_id) DO NOTHING;

-- name: lock_tenant
SELECT 1 FROM daybridge.tenants WHERE business_id = %(business_id)s::bigint FOR NO KEY UPDATE;

-- name: lock_tenant_unless_taken
SELECT 1 FROM daybridge.tenants WHERE business_id = %(business_id)s::bigint FOR NO KEY UPDATE SKIP LOCKED;

-- name: businesses_waiting
SELECT business_id, noted_at FROM daybridge.businesses_waiting(%(most)s::int);

-- name: businesses
-- For the worker and operators, as the owner of the schema.
SELECT business_id FROM daybridge.tenants ORDER BY business_id;

-- name: size
SELECT count(*) FROM daybridge.outbox;

-- name: is_waiting
SELECT EXISTS (SELECT FROM daybridge.outbox WHERE business_id = %(business_id)s::bigint);

-- name: take_subjects
-- Notes about anything but single bookings; each is spread out into the bookings that show it.
DELETE FROM daybridge.outbox
WHERE business_id = %(business_id)s::bigint AND scope <> 'booking'
RETURNING scope, subject_id;

-- name: take_bookings
DELETE FROM daybridge.outbox
WHERE business_id = %(business_id)s::bigint
  AND id IN (SELECT id FROM daybridge.outbox
             WHERE business_id = %(business_id)s::bigint AND scope = 'booking' ORDER BY id LIMIT %(most)s::int)
RETURNING subject_id;

-- name: spread_customer
INSERT INTO daybridge.outbox (business_id, scope, subject_id)
SELECT business_id, 'booking', id FROM daybridge.bookings
WHERE business_id = %(business_id)s::bigint AND tenant_customer_id = ANY (%(ids)s::bigint[]);

-- name: spread_service
INSERT INTO daybridge.outbox (business_id, scope, subject_id)
SELECT business_id, 'booking', id FROM daybridge.bookings
WHERE business_id = %(business_id)s::bigint AND service_id = ANY (%(ids)s::bigint[]);

-- name: spread_variant
INSERT INTO daybridge.outbox (business_id, scope, subject_id)
SELECT business_id, 'booking', id FROM daybridge.bookings
WHERE business_id = %(business_id)s::bigint AND service_variant_id = ANY (%(ids)s::bigint[]);

-- name: spread_staff
INSERT INTO daybridge.outbox (business_id, scope, subject_id)
SELECT business_id, 'booking', id FROM daybridge.bookings
WHERE business_id = %(business_id)s::bigint AND staff_member_id = ANY (%(ids)s::bigint[]);

-- name: spread_business
-- Every booking that there is, and every one that was shown and may be gone.
INSERT INTO daybridge.outbox (business_id, scope, subject_id)
SELECT business_id, 'booking', id FROM daybridge.bookings WHERE business_id = %(business_id)s::bigint
UNION
SELECT business_id, 'booking', booking_id FROM daybridge.event_revisions
WHERE business_id = %(business_id)s::bigint;

-- name: note_bookings
INSERT INTO daybridge.outbox (business_id, scope, subject_id)
SELECT %(business_id)s::bigint, 'booking', id FROM unnest(%(ids)s::bigint[]) AS id;

-- name: note_business
INSERT INTO daybridge.outbox (business_id, scope, subject_id)
VALUES (%(business_id)s::bigint, 'business', %(business_id)s::bigint);

-- name: business
SELECT b.id, b.name, b.time_zone, concat_ws(', ', nullif(b.address, ''), nullif(b.city, ''), nullif(b.state, ''),
                                            nullif(b.zip, ''))
FROM daybridge.businesses b WHERE b.id = %(business_id)s::bigint;

-- name: installation
SELECT id::text FROM daybridge.installation;

-- name: staff_ids
SELECT id FROM daybridge.staff_members WHERE business_id = %(business_id)s::bigint;

-- name: bookings
-- Everything that a rendered event shows. Rows that no calendar could show (times that are not times, no status, no
-- staff member of this business) are left out; `verify` lists them.
SELECT b.id, b.staff_member_id, st.name, b.status,
       b.start_time AT TIME ZONE 'UTC', b.end_time AT TIME ZONE 'UTC',
       s.name, v.name, c.id, c.first_name, c.last_name, c.email, c.phone, b.notes, b.video_meeting_url
FROM daybridge.bookings b
JOIN daybridge.staff_members st ON st.id = b.staff_member_id
LEFT JOIN daybridge.services s ON s.id = b.service_id
LEFT JOIN daybridge.service_variants v ON v.id = b.service_variant_id
LEFT JOIN daybridge.tenant_customers c ON c.id = b.tenant_customer_id
WHERE b.business_id = %(business_id)s::bigint AND b.id = ANY (%(ids)s::bigint[])
  AND b.status BETWEEN 0 AND 5
  AND b.start_time BETWEEN '1970-01-02' AND '2999-12-31' AND b.end_time BETWEEN '1970-01-02' AND '2999-12-31';

-- name: unreadable_bookings
SELECT b.id FROM daybridge.bookings b
LEFT JOIN daybridge.staff_members st ON st.id = b.staff_member_id
WHERE b.business_id = %(business_id)s::bigint AND b.status IS DISTINCT FROM 2 AND b.status IS DISTINCT FROM 5
  AND (b.status IS NULL OR b.status NOT BETWEEN 0 AND 5 OR st.id IS NULL OR b.end_time <= b.start_time
       OR NOT b.start_time BETWEEN '1970-01-02' AND '2999-12-31'
       OR NOT b.end_time BETWEEN '1970-01-02' AND '2999-12-31')
ORDER BY b.id LIMIT %(most)s::int;

-- name: targets
SELECT id, kind, staff_member_id, detail FROM daybridge.calendars WHERE business_id = %(business_id)s::bigint;

-- name: add_calendar
INSERT INTO daybridge.calendars (business_id, kind, staff_member_id, detail)
VALUES (%(business_id)s::bigint, %(kind)s, %(staff_id)s::bigint, %(detail)s)
ON CONFLICT (business_id, kind, staff_member_id, detail) DO UPDATE SET detail = EXCLUDED.detail
RETURNING id;

-- name: held
SELECT calendar_id, booking_id, href, fingerprint FROM daybridge.calendar_objects
WHERE business_id = %(business_id)s::bigint AND booking_id = ANY (%(ids)s::bigint[]) AND NOT deleted;

-- name: written
SELECT booking_id, fingerprint, sequence, modified_at FROM daybridge.event_revisions
WHERE business_id = %(business_id)s::bigint AND booking_id = ANY (%(ids)s::bigint[]);

-- name: write_revisions
INSERT INTO daybridge.event_revisions (business_id, booking_id, fingerprint, sequence, modified_at)
SELECT %(business_id)s::bigint, r.booking_id, r.fingerprint, r.sequence, r.modified_at
FROM unnest(%(booking_ids)s::bigint[], %(fingerprints)s::text[], %(sequences)s::int[], %(modified)s::timestamptz[])
     AS r (booking_id, fingerprint, sequence, modified_at)
ON CONFLICT (business_id, booking_id) DO UPDATE
SET fingerprint = EXCLUDED.fingerprint, sequence = EXCLUDED.sequence, modified_at = EXCLUDED.modified_at;

-- name: next_revisions
-- Locks each calendar, lowest id first, until the transaction ends: revisions are seen in the order they are given.
WITH locked AS (
    SELECT id FROM daybridge.calendars
    WHERE business_id = %(business_id)s::bigint AND id = ANY (%(calendar_ids)s::bigint[])
    ORDER BY id FOR NO KEY UPDATE
)
UPDATE daybridge.calendars c SET revision = c.revision + 1, changed_at = clock_timestamp()
FROM locked WHERE c.business_id = %(business_id)s::bigint AND c.id = locked.id
RETURNING c.id, c.revision;

-- name: next_revision
-- The same for all calendars, of whatever detail, that tell of the same person's time as this one.
WITH locked AS (
    SELECT c.id FROM daybridge.calendars c
    WHERE c.business_id = %(business_id)s::bigint
      AND (c.kind, c.staff_member_id) = (SELECT one.kind, one.staff_member_id FROM daybridge.calendars one
                                         WHERE one.business_id = %(business_id)s::bigint
                                           AND one.id = %(calendar_id)s::bigint)
    ORDER BY c.id FOR NO KEY UPDATE
)
UPDATE daybridge.calendars c SET revision = c.revision + 1, changed_at = clock_timestamp()
FROM locked WHERE c.business_id = %(business_id)s::bigint AND c.id = locked.id
RETURNING c.id, c.revision;

-- name: write_objects
INSERT INTO daybridge.calendar_objects (business_id, calendar_id, href, uid, booking_id, etag, starts_at, ends_at,
                                        revision, deleted, fingerprint, modified_at, body)
SELECT %(business_id)s::bigint, o.calendar_id, o.href, o.uid, o.booking_id, o.etag, o.starts_at, o.ends_at,
       o.revision, false, o.fingerprint, o.modified_at, o.body
FROM unnest(%(calendar_ids)s::bigint[], %(hrefs)s::text[], %(uids)s::text[], %(booking_ids)s::bigint[],
            %(etags)s::text[], %(starts)s::timestamptz[], %(ends)s::timestamptz[], %(revisions)s::bigint[],
            %(fingerprints)s::text[], %(modified)s::timestamptz[], %(bodies)s::bytea[])
     AS o (calendar_id, href, uid, booking_id, etag, starts_at, ends_at, revision, fingerprint, modified_at, body)
ON CONFLICT (business_id, calendar_id, href) DO UPDATE
SET uid = EXCLUDED.uid, booking_id = EXCLUDED.booking_id, etag = EXCLUDED.etag, starts_at = EXCLUDED.starts_at,
    ends_at = EXCLUDED.ends_at, revision = EXCLUDED.revision, deleted = false, fingerprint = EXCLUDED.fingerprint,
    modified_at = EXCLUDED.modified_at, body = EXCLUDED.body;

-- name: bury_objects
-- A deleted object stays as a tombstone, so that a client that was away learns of it.
UPDATE daybridge.calendar_objects o
SET deleted = true, body = '', fingerprint = '', revision = r.revision, modified_at = clock_timestamp()
FROM unnest(%(calendar_ids)s::bigint[], %(hrefs)s::text[], %(revisions)s::bigint[]) AS r (calendar_id, href, revision)
WHERE o.business_id = %(business_id)s::bigint AND o.calendar_id = r.calendar_id AND o.href = r.href;

-- name: prune_tombstones
-- Old tombstones go; the floor says which sync tokens can't be answered any more.
WITH gone AS (
    DELETE FROM daybridge.calendar_objects
    WHERE business_id = %(business_id)s::bigint AND deleted AND modified_at < %(before)s::timestamptz
    RETURNING calendar_id, revision
), floors AS (
    SELECT calendar_id, max(revision) AS revision FROM gone GROUP BY calendar_id
)
UPDATE daybridge.calendars c SET floor_revision = greatest(c.floor_revision, f.revision)
FROM floors f WHERE c.business_id = %(business_id)s::bigint AND c.id = f.calendar_id;

-- name: ids_after
-- Bookings that exist, that were shown, or that some calendar still shows; by id.
(SELECT id FROM daybridge.bookings
 WHERE business_id = %(business_id)s::bigint AND id > %(after)s::bigint ORDER BY id LIMIT %(most)s::int)
UNION
(SELECT booking_id FROM daybridge.event_revisions
 WHERE business_id = %(business_id)s::bigint AND booking_id > %(after)s::bigint
 ORDER BY booking_id LIMIT %(most)s::int)
UNION
(SELECT DISTINCT booking_id FROM daybridge.calendar_objects
 WHERE business_id = %(business_id)s::bigint AND booking_id > %(after)s::bigint AND NOT deleted
 ORDER BY booking_id LIMIT %(most)s::int)
ORDER BY 1 LIMIT %(most)s::int;

-- name: noted
-- What waits to be projected. A note about anything but a booking may stand for any booking.
SELECT scope, subject_id FROM daybridge.outbox WHERE business_id = %(business_id)s::bigint;
