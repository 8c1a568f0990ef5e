-- name: people
-- Everyone who works here, with how many phones and computers may come in, and when one was last seen.
SELECT st.id, st.name, coalesce(d.devices, 0), d.seen
FROM daybridge.staff_members st
LEFT JOIN (SELECT p.staff_member_id, count(*)::int AS devices, max(p.last_used_at) AS seen
           FROM daybridge.app_passwords p
           WHERE p.business_id = %(business_id)s::bigint AND p.revoked_at IS NULL
           GROUP BY 1) d ON d.staff_member_id = st.id
WHERE st.business_id = %(business_id)s::bigint AND coalesce(st.active, true)
ORDER BY st.id;

-- name: connections
-- All open connections with what says how they stand, as `get` in connections.sql; counted once for all of them.
WITH read AS (
    SELECT c.connection_id, min(c.read_at) AS read_at, bool_or(c.read_at IS NULL) AS importing,
           sum(c.imported)::int AS imported
    FROM daybridge.connection_calendars c
    WHERE c.business_id = %(business_id)s::bigint AND c.listed AND (c.blocks OR c.receives)
    GROUP BY 1
), waiting AS (
    SELECT m.connection_id, count(*)::int AS waiting
    FROM daybridge.calendar_event_mappings m
    WHERE m.business_id = %(business_id)s::bigint AND (m.wanted > m.pushed OR m.look)
    GROUP BY 1
)
SELECT k.id, k.staff_member_id, k.provider, k.account, k.leaving, k.connected_at IS NOT NULL, k.sealed IS NOT NULL,
       k.closed_at, k.refused_at, k.stopped_at, k.not_before, k.paused_by_them, k.failing_since, r.read_at,
       coalesce(r.importing, false), coalesce(r.imported, 0), coalesce(w.waiting, 0)
FROM daybridge.calendar_connections k
LEFT JOIN read r ON r.connection_id = k.id
LEFT JOIN waiting w ON w.connection_id = k.id
WHERE k.business_id = %(business_id)s::bigint AND k.closed_at IS NULL
ORDER BY k.id;

-- name: let_through
-- What `enforce` would have refused, the latest first, with the service that was booked.
SELECT l.staff_member_id, coalesce(v.name, ''), l.happened_at, l.after, l.reasons
FROM daybridge.calendar_sync_logs l
LEFT JOIN daybridge.bookings b ON b.business_id = %(business_id)s::bigint AND b.id = l.booking_id
LEFT JOIN daybridge.services v ON v.business_id = %(business_id)s::bigint AND v.id = b.service_id
WHERE l.business_id = %(business_id)s::bigint AND l.outcome = 'observed'
ORDER BY l.id DESC LIMIT %(most)s::int OFFSET %(skip)s::int;

-- name: count_let_through
-- So many and no more, and since when.
SELECT count(*)::int, min(o.happened_at)
FROM (SELECT l.happened_at FROM daybridge.calendar_sync_logs l
      WHERE l.business_id = %(business_id)s::bigint AND l.outcome = 'observed'
      ORDER BY l.id DESC LIMIT %(most)s::int) o;

-- name: services_of
SELECT b.id, coalesce(v.name, '')
FROM daybridge.bookings b
LEFT JOIN daybridge.services v ON v.business_id = %(business_id)s::bigint AND v.id = b.service_id
WHERE b.business_id = %(business_id)s::bigint AND b.id = ANY (%(ids)s::bigint[]);
