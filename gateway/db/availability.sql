-- name: ground
-- What holds whatever time is asked about, in one question, because it is asked before every answer: the business, the
-- rules that it has for bookings (its policy with the lowest id), the service, and the staff members with their hours.
SELECT coalesce(b.active, true), coalesce(b.time_zone, 'UTC'),
       p.id IS NOT NULL, p.interval_mins, p.use_fixed_intervals, p.buffer_time_mins, p.min_advance_mins,
       p.max_advance_days, p.max_daily_bookings, p.min_duration_mins, p.max_duration_mins,
       v.id, v.name, coalesce(v.active, true), coalesce(v.service_type, 0), v.duration, v.availability::text,
       v.enforce_service_availability,
       s.id, s.name, coalesce(s.active, true), coalesce(s.availability::text, ''),
       s.id = ANY (ARRAY(SELECT l.staff_member_id FROM daybridge.services_staff_members l
                         WHERE l.service_id = %(service_id)s::bigint))
FROM daybridge.businesses b
LEFT JOIN LATERAL (SELECT * FROM daybridge.booking_policies p
                   WHERE p.business_id = %(business_id)s::bigint ORDER BY p.id LIMIT 1) p ON true
LEFT JOIN daybridge.services v ON v.business_id = %(business_id)s::bigint AND v.id = %(service_id)s::bigint
LEFT JOIN daybridge.staff_members s
    ON s.business_id = %(business_id)s::bigint AND s.id = ANY (%(staff_ids)s::bigint[])
WHERE b.id = %(business_id)s::bigint;

-- name: usual
-- What says how long a booking of a service lasts.
SELECT v.duration, (SELECT p.min_duration_mins FROM daybridge.booking_policies p
                    WHERE p.business_id = %(business_id)s::bigint ORDER BY p.id LIMIT 1)
FROM daybridge.services v
WHERE v.business_id = %(business_id)s::bigint AND v.id = %(service_id)s::bigint;

-- name: sources
-- The other calendars that block these staff members' time, and all that says how fresh our knowledge of them is.
SELECT k.id, c.name, c.read_at, k.connected_at IS NOT NULL, k.closed_at, k.refused_at, k.stopped_at, k.not_before,
       k.paused_by_them, k.failing_since, c.imported,
       (SELECT count(*)::int FROM daybridge.calendar_event_mappings m
        WHERE m.business_id = %(business_id)s::bigint AND m.connection_id = k.id AND (m.wanted > m.pushed OR m.look))
FROM daybridge.calendar_connections k
JOIN daybridge.connection_calendars c
  ON c.business_id = %(business_id)s::bigint AND c.connection_id = k.id AND c.blocks
WHERE k.business_id = %(business_id)s::bigint AND k.staff_member_id = ANY (%(staff_ids)s::bigint[])
  AND k.closed_at IS NULL
ORDER BY k.id, c.main DESC, c.name, c.id;

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

-- name: free_stretches
-- What is left of open time when all that bars is taken out of it, as far as a booking fits in; in seconds since the
-- epoch, because there may be thousands. Each schedule's hours come as one array of beginnings and one of ends. Beside
-- it the days that take no more bookings (the number of their midnight), out of the same rows: they are read once.
WITH opened AS (
    SELECT o.schedule, range_agg(tstzrange(to_timestamp(o.since), to_timestamp(o.until))) AS stretches
    FROM unnest(%(open_schedules)s::int[], %(open_starts)s::bigint[], %(open_ends)s::bigint[]) o (schedule, since, until)
    GROUP BY 1
), held AS MATERIALIZED (
    SELECT b.staff_member_id, b.source, b.during
    FROM daybridge.busy_between(%(staff_ids)s::bigint[],
                                tstzrange(to_timestamp(%(since)s::bigint), to_timestamp(%(until)s::bigint))) b
    WHERE b.business_id = %(business_id)s::bigint
), taken AS (
    SELECT b.staff_member_id, range_agg(daybridge.barred(b.source, b.during, make_interval(mins => %(buffer)s::int)))
           AS stretches
    FROM held b GROUP BY 1
), counted AS (
    SELECT b.staff_member_id, width_bucket(floor(date_part('epoch', lower(b.during)))::bigint, m.midnights) AS day
    FROM (SELECT %(midnights)s::bigint[] AS midnights) m
    JOIN held b ON b.source = 'booking' AND lower(b.during) >= to_timestamp(m.midnights[1])
                   AND lower(b.during) < to_timestamp(m.midnights[cardinality(m.midnights)])
    WHERE %(most_a_day)s::int > 0
    GROUP BY 1, 2
    HAVING count(*) >= %(most_a_day)s::int
), filled AS (
    SELECT staff_member_id, array_agg(day) AS days FROM counted GROUP BY 1
)
SELECT s.id, f.starts, f.ends, coalesce(d.days, '{}')
FROM unnest(%(staff_ids)s::bigint[], %(staff_schedules)s::int[]) s (id, schedule)
JOIN opened o ON o.schedule = s.schedule
LEFT JOIN taken t ON t.staff_member_id = s.id
LEFT JOIN filled d ON d.staff_member_id = s.id
CROSS JOIN LATERAL (
    SELECT array_agg(ceil(date_part('epoch', lower(free)))::bigint ORDER BY free) AS starts,
           array_agg(floor(date_part('epoch', upper(free)))::bigint ORDER BY free) AS ends
    FROM unnest(o.stretches - coalesce(t.stretches, '{}')) free
    WHERE upper(free) >= lower(free) + make_interval(secs => %(length)s::int)
) f
WHERE f.starts IS NOT NULL;
