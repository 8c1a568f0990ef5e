-- name: want
-- These bookings have changed: whoever shows one, or shall, has to look at it. What lies in the past isn't put anywhere
-- for the first time.
WITH bumped AS (
    UPDATE daybridge.calendar_event_mappings
    SET wanted = wanted + 1, not_before = NULL, wanted_at = coalesce(wanted_at, %(now)s::timestamptz)
    WHERE business_id = %(business_id)s::bigint AND booking_id = ANY (%(ids)s::bigint[])
    RETURNING booking_id, connection_id
)
INSERT INTO daybridge.calendar_event_mappings (business_id, booking_id, connection_id, generation, wanted_at)
SELECT %(business_id)s::bigint, r.booking_id, r.connection_id, r.generation, %(now)s::timestamptz
FROM daybridge.receivers(%(business_id)s::bigint, %(ids)s::bigint[]) r
JOIN daybridge.bookings b ON b.business_id = %(business_id)s::bigint AND b.id = r.booking_id
WHERE b.status IN (0, 1, 3, 4) AND b.end_time > %(now)s::timestamptz AT TIME ZONE 'UTC'
  AND NOT EXISTS (SELECT FROM bumped u WHERE u.booking_id = r.booking_id AND u.connection_id = r.connection_id)
ON CONFLICT (business_id, booking_id, connection_id) DO UPDATE
SET wanted = calendar_event_mappings.wanted + 1,
    wanted_at = coalesce(calendar_event_mappings.wanted_at, EXCLUDED.wanted_at);

-- name: has_connections
SELECT EXISTS (SELECT FROM daybridge.calendar_connections
               WHERE business_id = %(business_id)s::bigint AND connected_at IS NOT NULL);

-- name: want_all
-- Every booking to come that this connection shall show, and every one that it shows; and the same of others that reach
-- the same account, for one of them shows each booking.
WITH same AS (
    SELECT other.id, other.staff_member_id
    FROM daybridge.calendar_connections k
    JOIN daybridge.calendar_connections other
      ON other.business_id = %(business_id)s::bigint
         AND (other.id = k.id OR (other.provider, other.account_key) = (k.provider, k.account_key) AND k.account_key <> '')
    WHERE k.business_id = %(business_id)s::bigint AND k.id = %(connection_id)s::bigint
), bumped AS (
    UPDATE daybridge.calendar_event_mappings m SET wanted = wanted + 1, not_before = NULL
    FROM same WHERE m.business_id = %(business_id)s::bigint AND m.connection_id = same.id
    RETURNING m.booking_id, m.connection_id
), mine AS (
    SELECT array_agg(b.id) AS ids
    FROM daybridge.bookings b
    WHERE b.business_id = %(business_id)s::bigint AND b.status IN (0, 1, 3, 4)
      AND b.end_time > %(now)s::timestamptz AT TIME ZONE 'UTC'
      AND EXISTS (SELECT FROM same WHERE same.staff_member_id IS NULL OR same.staff_member_id = b.staff_member_id)
)
INSERT INTO daybridge.calendar_event_mappings (business_id, booking_id, connection_id, generation)
SELECT %(business_id)s::bigint, r.booking_id, r.connection_id, r.generation
FROM mine CROSS JOIN LATERAL daybridge.receivers(%(business_id)s::bigint, coalesce(mine.ids, '{}')) r
JOIN same ON same.id = r.connection_id
WHERE NOT EXISTS (SELECT FROM bumped u WHERE u.booking_id = r.booking_id AND u.connection_id = r.connection_id)
ON CONFLICT (business_id, booking_id, connection_id) DO NOTHING;

-- name: want_again
-- What several connections of one account share by turns: who remains takes over what the other one showed, and reads
-- the calendar from its start before.
WITH taken AS (
    INSERT INTO daybridge.calendar_event_mappings (business_id, booking_id, connection_id, generation)
    SELECT %(business_id)s::bigint, r.booking_id, r.connection_id, r.generation
    FROM daybridge.receivers(%(business_id)s::bigint,
                             ARRAY(SELECT m.booking_id FROM daybridge.calendar_event_mappings m
                                   WHERE m.business_id = %(business_id)s::bigint
                                     AND m.connection_id = %(connection_id)s::bigint)) r
    WHERE r.connection_id <> %(connection_id)s::bigint
    ON CONFLICT (business_id, booking_id, connection_id) DO NOTHING
    RETURNING connection_id
)
UPDATE daybridge.connection_calendars c SET cursor = '', read_at = NULL
WHERE c.business_id = %(business_id)s::bigint AND c.receives AND c.connection_id IN (SELECT connection_id FROM taken);

-- name: due
-- What is to be looked after, of what is nearest in time first; with the calendar where it is.
SELECT m.booking_id, m.connection_id, m.calendar_id, coalesce(c.remote_id, ''), m.generation, m.remote_id, m.etag,
       m.kept, m.fingerprint, m.wanted, m.look, m.attempts, m.wanted_at
FROM daybridge.calendar_event_mappings m
LEFT JOIN daybridge.connection_calendars c ON c.business_id = %(business_id)s::bigint AND c.id = m.calendar_id
LEFT JOIN daybridge.bookings b ON b.business_id = %(business_id)s::bigint AND b.id = m.booking_id
WHERE m.business_id = %(business_id)s::bigint AND m.connection_id = %(connection_id)s::bigint
  AND (m.wanted > m.pushed OR m.look) AND (m.look OR NOT %(looked_only)s)
  AND (m.not_before IS NULL OR m.not_before <= %(now)s::timestamptz)
ORDER BY m.look DESC, greatest(b.start_time, %(now)s::timestamptz AT TIME ZONE 'UTC') NULLS FIRST, m.booking_id
LIMIT %(most)s::int;

-- name: get
SELECT m.booking_id, m.connection_id, m.calendar_id, coalesce(c.remote_id, ''), m.generation, m.remote_id, m.etag,
       m.kept, m.fingerprint, m.wanted, m.look, m.attempts, m.wanted_at
FROM daybridge.calendar_event_mappings m
LEFT JOIN daybridge.connection_calendars c ON c.business_id = %(business_id)s::bigint AND c.id = m.calendar_id
WHERE m.business_id = %(business_id)s::bigint AND m.connection_id = %(connection_id)s::bigint
  AND m.booking_id = %(booking_id)s::bigint;

-- name: receiving
-- In which calendar of this connection each booking shall be.
SELECT r.booking_id, r.calendar_id, c.remote_id
FROM daybridge.receivers(%(business_id)s::bigint, %(ids)s::bigint[]) r
JOIN daybridge.connection_calendars c ON c.business_id = %(business_id)s::bigint AND c.id = r.calendar_id
WHERE r.connection_id = %(connection_id)s::bigint;

-- name: intend
-- An event is about to be made under this name; from now on it may be there, whatever becomes of us.
UPDATE daybridge.calendar_event_mappings
SET calendar_id = %(calendar_id)s::bigint, remote_id = %(remote_id)s, generation = %(generation)s::int, etag = '',
    kept = '', fingerprint = ''
WHERE business_id = %(business_id)s::bigint AND booking_id = %(booking_id)s::bigint
  AND connection_id = %(connection_id)s::bigint;

-- name: adopt
-- Events that are in a calendar and that nobody looks after are this connection's from now on, to be written over.
UPDATE daybridge.calendar_event_mappings m
SET calendar_id = %(calendar_id)s::bigint, remote_id = found.remote_id, etag = found.etag, kept = '',
    fingerprint = '', wanted = m.wanted + 1
FROM unnest(%(booking_ids)s::bigint[], %(remote_ids)s::text[], %(etags)s::text[]) AS found (booking_id, remote_id, etag)
WHERE m.business_id = %(business_id)s::bigint AND m.connection_id = %(connection_id)s::bigint
  AND m.booking_id = found.booking_id
  AND (m.remote_id = '' OR m.calendar_id = %(calendar_id)s::bigint AND m.remote_id = ANY (%(gone)s::text[]))
  AND NOT EXISTS (SELECT FROM daybridge.calendar_event_mappings other
                  WHERE other.business_id = %(business_id)s::bigint AND other.booking_id = found.booking_id
                    AND other.remote_id = found.remote_id);

-- name: doubled
-- Events beside those that we know. Where another connection reaches the same account and looks after the booking too,
-- it is left alone: it may be about to make that event.
SELECT found.booking_id, found.remote_id
FROM unnest(%(booking_ids)s::bigint[], %(remote_ids)s::text[]) AS found (booking_id, remote_id)
JOIN daybridge.calendar_event_mappings m
  ON m.business_id = %(business_id)s::bigint AND m.connection_id = %(connection_id)s::bigint
     AND m.booking_id = found.booking_id AND m.calendar_id = %(calendar_id)s::bigint
     AND m.etag <> '' AND m.remote_id <> found.remote_id
JOIN daybridge.calendar_connections k ON k.business_id = %(business_id)s::bigint AND k.id = m.connection_id
WHERE NOT EXISTS (SELECT FROM daybridge.calendar_event_mappings other
                  JOIN daybridge.calendar_connections beside
                    ON beside.business_id = %(business_id)s::bigint AND beside.id = other.connection_id
                       AND (beside.provider, beside.account_key) = (k.provider, k.account_key)
                  WHERE other.business_id = %(business_id)s::bigint AND other.booking_id = found.booking_id
                    AND other.connection_id <> k.id)
ORDER BY 1, 2;

-- name: unsure
-- Something is about to be written there.
UPDATE daybridge.calendar_event_mappings SET fingerprint = ''
WHERE business_id = %(business_id)s::bigint AND booking_id = %(booking_id)s::bigint
  AND connection_id = %(connection_id)s::bigint;

-- name: doubt
-- Something may have been written there by whoever was too late. A mapping that is forgotten by now stands again, so
-- that what it was of is taken away; unless the account has been parted with.
INSERT INTO daybridge.calendar_event_mappings AS m
    (business_id, booking_id, connection_id, calendar_id, generation, remote_id, etag)
SELECT %(business_id)s::bigint, %(booking_id)s::bigint, k.id, %(calendar_id)s::bigint, %(generation)s::int,
       %(remote_id)s, %(etag)s
FROM daybridge.calendar_connections k
WHERE k.business_id = %(business_id)s::bigint AND k.id = %(connection_id)s::bigint AND k.closed_at IS NULL
ON CONFLICT (business_id, booking_id, connection_id) DO UPDATE
SET fingerprint = '', wanted = m.wanted + 1, look = m.etag <> '', not_before = NULL;

-- name: agreed
UPDATE daybridge.calendar_event_mappings
SET remote_id = %(remote_id)s, etag = %(etag)s, kept = %(kept)s, fingerprint = %(fingerprint)s,
    pushed = greatest(pushed, %(wanted)s::bigint), look = look AND NOT %(looked)s, attempts = 0, not_before = NULL,
    last_error = '', put_at = %(now)s::timestamptz,
    wanted_at = CASE WHEN wanted > %(wanted)s::bigint THEN %(now)s::timestamptz END
WHERE business_id = %(business_id)s::bigint AND booking_id = %(booking_id)s::bigint
  AND connection_id = %(connection_id)s::bigint;

-- name: settled
-- Looked after, and there was nothing to do.
UPDATE daybridge.calendar_event_mappings
SET pushed = greatest(pushed, %(wanted)s::bigint), look = look AND NOT %(looked)s, attempts = 0, not_before = NULL,
    last_error = '', wanted_at = CASE WHEN wanted > %(wanted)s::bigint THEN wanted_at END
WHERE business_id = %(business_id)s::bigint AND booking_id = %(booking_id)s::bigint
  AND connection_id = %(connection_id)s::bigint;

-- name: forget
-- Unless somebody wants it again by now; then only its place is forgotten.
WITH gone AS (
    DELETE FROM daybridge.calendar_event_mappings
    WHERE business_id = %(business_id)s::bigint AND booking_id = %(booking_id)s::bigint
      AND connection_id = %(connection_id)s::bigint AND wanted = %(wanted)s::bigint
)
UPDATE daybridge.calendar_event_mappings
SET calendar_id = NULL, remote_id = '', etag = '', kept = '', fingerprint = '', generation = generation + 1,
    look = false, wanted_at = NULL
WHERE business_id = %(business_id)s::bigint AND booking_id = %(booking_id)s::bigint
  AND connection_id = %(connection_id)s::bigint AND wanted <> %(wanted)s::bigint;

-- name: lost
-- The event is there no more, for certain; the next one has another name.
UPDATE daybridge.calendar_event_mappings
SET calendar_id = NULL, remote_id = '', etag = '', kept = '', fingerprint = '', generation = generation + 1,
    wanted = wanted + 1, look = false, attempts = attempts + 1
WHERE business_id = %(business_id)s::bigint AND booking_id = %(booking_id)s::bigint
  AND connection_id = %(connection_id)s::bigint;

-- name: differs
-- What is there is this version, and it is not what we want there.
UPDATE daybridge.calendar_event_mappings
SET etag = %(etag)s, kept = '', fingerprint = '', wanted = wanted + 1, look = false
WHERE business_id = %(business_id)s::bigint AND booking_id = %(booking_id)s::bigint
  AND connection_id = %(connection_id)s::bigint;

-- name: failed
UPDATE daybridge.calendar_event_mappings
SET attempts = attempts + 1, not_before = %(not_before)s::timestamptz, last_error = %(error)s
WHERE business_id = %(business_id)s::bigint AND booking_id = %(booking_id)s::bigint
  AND connection_id = %(connection_id)s::bigint;

-- name: look
-- These events are other ones there than those that we know.
UPDATE daybridge.calendar_event_mappings m SET look = true, not_before = NULL
FROM unnest(%(remote_ids)s::text[], %(etags)s::text[]) AS seen (remote_id, etag)
WHERE m.business_id = %(business_id)s::bigint AND m.calendar_id = %(calendar_id)s::bigint
  AND m.remote_id = seen.remote_id AND m.etag IS DISTINCT FROM seen.etag AND m.etag <> '';

-- name: unseen
-- Events of bookings to come that a whole reading of their calendar has not shown.
SELECT m.remote_id FROM daybridge.calendar_event_mappings m
JOIN daybridge.bookings b ON b.business_id = %(business_id)s::bigint AND b.id = m.booking_id
WHERE m.business_id = %(business_id)s::bigint AND m.calendar_id = %(calendar_id)s::bigint AND m.etag <> ''
  AND m.remote_id <> ALL (%(seen)s::text[]) AND b.end_time > %(now)s::timestamptz AT TIME ZONE 'UTC'
  AND m.put_at < %(before)s::timestamptz;

-- name: shown
-- Those of these events that show a booking to come.
SELECT m.remote_id FROM daybridge.calendar_event_mappings m
JOIN daybridge.bookings b ON b.business_id = %(business_id)s::bigint AND b.id = m.booking_id
WHERE m.business_id = %(business_id)s::bigint AND m.calendar_id = %(calendar_id)s::bigint AND m.etag <> ''
  AND m.remote_id = ANY (%(remote_ids)s::text[]) AND b.end_time > %(now)s::timestamptz AT TIME ZONE 'UTC';

-- name: ours
-- Which of these events are bookings' that we put there, by whatever way into the account.
SELECT m.remote_id
FROM daybridge.connection_calendars c
JOIN daybridge.connection_calendars same ON same.business_id = %(business_id)s::bigint AND same.remote_id = c.remote_id
JOIN daybridge.calendar_event_mappings m
  ON m.business_id = %(business_id)s::bigint AND m.calendar_id = same.id AND m.remote_id = ANY (%(remote_ids)s::text[])
WHERE c.business_id = %(business_id)s::bigint AND c.id = %(calendar_id)s::bigint;

-- name: count
-- How many events there are, of bookings to come.
SELECT count(*) FROM daybridge.calendar_event_mappings m
JOIN daybridge.bookings b ON b.business_id = %(business_id)s::bigint AND b.id = m.booking_id
WHERE m.business_id = %(business_id)s::bigint AND m.connection_id = %(connection_id)s::bigint AND m.etag <> ''
  AND b.end_time > %(now)s::timestamptz AT TIME ZONE 'UTC';

-- name: sweep
-- Have everything looked at again that lies ahead: the net under the trigger.
UPDATE daybridge.calendar_event_mappings m SET look = true
FROM daybridge.bookings b
WHERE m.business_id = %(business_id)s::bigint AND m.connection_id = %(connection_id)s::bigint AND m.etag <> ''
  AND b.business_id = %(business_id)s::bigint AND b.id = m.booking_id
  AND b.end_time > %(now)s::timestamptz AT TIME ZONE 'UTC';

-- name: drop
DELETE FROM daybridge.calendar_event_mappings
WHERE business_id = %(business_id)s::bigint AND connection_id = %(connection_id)s::bigint RETURNING booking_id;

-- name: left_there
SELECT count(*) FROM daybridge.calendar_event_mappings
WHERE business_id = %(business_id)s::bigint AND connection_id = %(connection_id)s::bigint;

-- name: tell_app
SELECT daybridge.tell_app(%(ids)s::bigint[]);

-- name: tell_rest
SELECT daybridge.tell_app(ARRAY(SELECT b.id FROM daybridge.bookings b WHERE b.business_id = %(business_id)s::bigint
                                  AND b.end_time > %(now)s::timestamptz AT TIME ZONE 'UTC'));
