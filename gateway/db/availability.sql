-- name: ground
SELECT * FROM daybridge.ground(%(business_id)s::bigint, %(staff_ids)s::bigint[], %(service_id)s::bigint);

-- name: usual
-- What says how long a booking of a service lasts.
SELECT v.duration, (SELECT p.min_duration_mins FROM daybridge.booking_policies p
                    WHERE p.business_id = %(business_id)s::bigint ORDER BY p.id LIMIT 1)
FROM daybridge.services v
WHERE v.business_id = %(business_id)s::bigint AND v.id = %(service_id)s::bigint;

-- name: sources
SELECT * FROM daybridge.sources(%(business_id)s::bigint, %(staff_ids)s::bigint[]);

-- name: clashes
-- What stands against one candidate: of each kind and calendar the first. The calendar is looked up for each clash by
-- itself, because a join would read all events of the business first.
SELECT DISTINCT ON (c.source, c.by_buffer, c.calendar_id)
       c.source, greatest(lower(c.during), '1971-01-01Z'), least(upper(c.during), '2999-01-01Z'), c.by_buffer,
       c.calendar_id
FROM (SELECT t.*, CASE WHEN t.source = 'external' THEN
                      (SELECT e.calendar_id FROM daybridge.external_calendar_events e
                       WHERE e.business_id = %(business_id)s::bigint AND e.id = t.source_id)
                  END AS calendar_id
      FROM daybridge.tenant_clashes(
          %(staff_id)s::bigint, tstzrange(%(since)s::timestamptz, %(until)s::timestamptz),
          make_interval(mins => %(buffer)s::int), '', %(moving)s::bigint) t) c
ORDER BY c.source, c.by_buffer, c.calendar_id, c.during;

-- name: calendars
SELECT id, name, read_at FROM daybridge.connection_calendars
WHERE business_id = %(business_id)s::bigint AND id = ANY (%(ids)s::bigint[]);

-- name: booked
-- How many bookings of a staff member begin on a day.
SELECT count(*)
FROM daybridge.busy_between(ARRAY[%(staff_id)s::bigint],
                            tstzrange(to_timestamp(%(since)s::bigint), to_timestamp(%(until)s::bigint)))
WHERE business_id = %(business_id)s::bigint AND source = 'booking'
  AND lower(during) >= to_timestamp(%(since)s::bigint) AND source_id IS DISTINCT FROM %(moving)s::bigint;

-- name: kept
SELECT staff_member_id, CASE WHEN end_time > start_time AND isfinite(start_time) AND isfinite(end_time)
                             THEN end_time - start_time END
FROM daybridge.bookings WHERE business_id = %(business_id)s::bigint AND id = %(moving)s::bigint;

-- name: taken
-- A staff member's taken time, as it is and without what it is about.
SELECT greatest(lower(during), %(since)s::timestamptz), least(upper(during), %(until)s::timestamptz), source
FROM daybridge.busy_between(ARRAY[%(staff_id)s::bigint], tstzrange(%(since)s::timestamptz, %(until)s::timestamptz))
WHERE business_id = %(business_id)s::bigint
ORDER BY 1, 2, 3
LIMIT %(most)s::int;

-- name: held
SELECT * FROM daybridge.held_between(
    %(staff_ids)s::bigint[], tstzrange(to_timestamp(%(since)s::bigint), to_timestamp(%(until)s::bigint)));
