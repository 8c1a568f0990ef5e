-- name: hurry
-- Whoever looks at an installation must not hold it up.
SET LOCAL statement_timeout = '10s';

-- name: connections
-- What says how each connection stands, as `get` in connections.sql; of all businesses, and of nobody's in particular.
WITH read AS (
    SELECT c.business_id, c.connection_id, min(c.read_at) AS read_at, bool_or(c.read_at IS NULL) AS importing
    FROM daybridge.connection_calendars c
    WHERE c.listed AND (c.blocks OR c.receives)
    GROUP BY 1, 2
), waiting AS (
    SELECT m.business_id, m.connection_id, count(*)::int AS waiting
    FROM daybridge.calendar_event_mappings m
    WHERE m.wanted > m.pushed OR m.look
    GROUP BY 1, 2
)
SELECT k.provider, k.connected_at IS NOT NULL, k.closed_at, k.refused_at, k.stopped_at, k.not_before, k.paused_by_them,
       k.failing_since, r.read_at, coalesce(r.importing, false), coalesce(w.waiting, 0)
FROM daybridge.calendar_connections k
LEFT JOIN read r ON r.business_id = k.business_id AND r.connection_id = k.id
LEFT JOIN waiting w ON w.business_id = k.business_id AND w.connection_id = k.id;

-- name: notes
-- How many changes the projector hasn't taken up, and how long the oldest has waited, by the clock that noted it.
SELECT count(*), coalesce(extract(epoch FROM clock_timestamp() - min(noted_at)), 0)::float FROM daybridge.outbox;

-- name: watches
-- Providers' promises to call us: that last, and that end soon or have ended. Those that were refused are none.
SELECT count(*) FILTER (WHERE NOT w.ending), count(*) FILTER (WHERE w.ending)
FROM (
    SELECT expires_at - %(now)s::timestamptz < (expires_at - made_at) * %(share)s::float AS ending
    FROM daybridge.calendar_watches WHERE resource <> ''
) w;

-- name: conflicts
-- Bookings to come of which the time is taken by something else too.
SELECT count(*)
FROM daybridge.busy b
WHERE b.source = 'booking' AND upper(b.during) > %(now)s::timestamptz
  AND (b.conflict
       OR EXISTS (SELECT FROM daybridge.busy other
                  WHERE other.business_id = b.business_id AND other.staff_member_id = b.staff_member_id
                    AND other.during && b.during AND other.source <> 'booking'));

-- name: external_events
SELECT count(*) FROM daybridge.external_calendar_events;
