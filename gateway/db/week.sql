-- name: taken
-- What is taken of these staff members' time, of each no more than so many rows, with whether it is in conflict.
SELECT u.staff_member_id, u.source, u.source_id, u.instance,
       greatest(lower(u.during), '1971-01-01Z'), least(upper(u.during), '2999-01-01Z'), u.session, u.conflict
FROM unnest(%(staff_ids)s::bigint[]) AS one (id)
CROSS JOIN LATERAL (
    SELECT b.* FROM daybridge.busy_between(
        ARRAY[one.id], tstzrange(%(since)s::timestamptz, %(until)s::timestamptz)) b
    WHERE b.business_id = %(business_id)s::bigint
    ORDER BY lower(b.during), b.source, b.source_id, b.instance LIMIT %(most)s::int
) u;

-- name: missed
-- Bookings that nobody came to: they take no time, and their staff look for them all the same.
SELECT b.staff_member_id, b.id, b.start_time AT TIME ZONE 'UTC', b.end_time AT TIME ZONE 'UTC'
FROM daybridge.bookings b
WHERE b.business_id = %(business_id)s::bigint AND b.staff_member_id = ANY (%(staff_ids)s::bigint[]) AND b.status = 4
  AND b.start_time < %(until)s::timestamptz AT TIME ZONE 'UTC'
  AND b.start_time > %(since)s::timestamptz AT TIME ZONE 'UTC' - interval '2 days'
  AND b.end_time > %(since)s::timestamptz AT TIME ZONE 'UTC' AND b.end_time > b.start_time
ORDER BY b.start_time, b.id LIMIT %(most)s::int;

-- name: bookings
-- What was booked, and by whom; asked about those only that whoever looks may know. Each customer is looked up alone: a
-- plain join might read all of them first.
SELECT b.id, coalesce(s.name, ''), coalesce(c.first_name, ''), coalesce(c.last_name, ''), b.status
FROM daybridge.bookings b
LEFT JOIN daybridge.services s ON s.business_id = %(business_id)s::bigint AND s.id = b.service_id
LEFT JOIN LATERAL (SELECT t.first_name, t.last_name FROM daybridge.tenant_customers t
                   WHERE t.business_id = %(business_id)s::bigint AND t.id = b.tenant_customer_id OFFSET 0) c ON true
WHERE b.business_id = %(business_id)s::bigint AND b.id = ANY (%(ids)s::bigint[]);

-- name: external
-- Where events come from. What they are called, and their calendar, only for the owner; the title only if they let us
-- read it.
SELECT e.id, k.provider,
       CASE WHEN e.staff_member_id = %(viewer)s::bigint THEN c.name ELSE '' END,
       CASE WHEN e.staff_member_id = %(viewer)s::bigint AND k.titles THEN e.title ELSE '' END
FROM unnest(%(ids)s::bigint[]) AS one (id)
CROSS JOIN LATERAL (
    SELECT e.* FROM daybridge.external_calendar_events e
    WHERE e.business_id = %(business_id)s::bigint AND e.id = one.id) e
JOIN daybridge.calendar_connections k ON k.business_id = %(business_id)s::bigint AND k.id = e.connection_id
JOIN daybridge.connection_calendars c ON c.business_id = %(business_id)s::bigint AND c.id = e.calendar_id;

-- name: blocks
-- The viewer's own blocks as they sent them; those of others are nobody's to read.
SELECT b.id, p.body
FROM daybridge.blocks b
JOIN daybridge.personal_objects p
  ON p.business_id = %(business_id)s::bigint AND p.calendar_id = b.calendar_id
     AND p.staff_member_id = b.staff_member_id AND p.href = b.href
WHERE b.business_id = %(business_id)s::bigint AND b.id = ANY (%(ids)s::bigint[])
  AND b.staff_member_id = %(viewer)s::bigint AND octet_length(p.body) <= %(longest)s::int
ORDER BY b.id LIMIT %(most)s::int;

-- name: services
-- What a staff member does, and how long it takes.
SELECT s.id, s.name, s.duration
FROM daybridge.services s
WHERE s.business_id = %(business_id)s::bigint AND coalesce(s.active, true)
  AND s.id IN (SELECT l.service_id FROM daybridge.services_staff_members l WHERE l.staff_member_id = %(staff_id)s::bigint)
ORDER BY lower(s.name), s.id LIMIT %(most)s::int;
