-- name: bookings
-- When a staff member's bookings to come are (without one: the business's), those that are shown in calendars.
SELECT b.start_time AT TIME ZONE 'UTC', b.end_time AT TIME ZONE 'UTC'
FROM daybridge.bookings b
WHERE b.business_id = %(business_id)s::bigint AND b.staff_member_id IS NOT NULL
  AND (%(staff_id)s::bigint IS NULL OR b.staff_member_id = %(staff_id)s::bigint)
  AND b.status IS DISTINCT FROM 2 AND b.status IS DISTINCT FROM 5
  AND b.end_time > %(now)s::timestamptz AT TIME ZONE 'UTC'
  AND b.end_time > b.start_time AND isfinite(b.start_time) AND isfinite(b.end_time)
ORDER BY b.start_time, b.id
LIMIT %(most)s::int;

-- name: service
-- A service of a staff member that can be booked: the one that has been booked with them most often.
SELECT v.id FROM daybridge.services v
JOIN daybridge.services_staff_members l ON l.service_id = v.id AND l.staff_member_id = %(staff_id)s::bigint
WHERE v.business_id = %(business_id)s::bigint AND coalesce(v.active, true)
ORDER BY (SELECT count(*) FROM daybridge.bookings b
          WHERE b.business_id = %(business_id)s::bigint AND b.staff_member_id = %(staff_id)s::bigint
            AND b.service_id = v.id) DESC, v.id
LIMIT 1;
