-- name: unshown
-- Stretches of a staff member's time that other calendars take and that their calendar `busy/` doesn't show yet. An
-- object's name says all that it holds, so that none is ever changed: it is there or it isn't.
SELECT t.href, t.since, t.until, t.title
FROM (
    SELECT 'busy-' || b.source_id || '-' || extract(epoch FROM lower(b.during))::bigint || '-'
           || extract(epoch FROM upper(b.during))::bigint || coalesce('-' || left(md5(nullif(e.title, '')), 8), '') || '.ics'
           AS href, lower(b.during) AS since, upper(b.during) AS until, e.title
    FROM daybridge.busy b
    JOIN daybridge.external_calendar_events e ON e.business_id = %(business_id)s::bigint AND e.id = b.source_id
    WHERE b.business_id = %(business_id)s::bigint AND b.staff_member_id = %(staff_id)s::bigint AND b.source = 'external'
) t
LEFT JOIN daybridge.calendar_objects o
  ON o.business_id = %(business_id)s::bigint AND o.calendar_id = %(calendar_id)s::bigint AND o.href = t.href
     AND NOT o.deleted
WHERE o.href IS NULL
ORDER BY t.href;

-- name: overshown
-- What it shows and nobody takes any more.
SELECT o.href
FROM daybridge.calendar_objects o
LEFT JOIN (
    SELECT 'busy-' || b.source_id || '-' || extract(epoch FROM lower(b.during))::bigint || '-'
           || extract(epoch FROM upper(b.during))::bigint || coalesce('-' || left(md5(nullif(e.title, '')), 8), '') || '.ics'
           AS href
    FROM daybridge.busy b
    JOIN daybridge.external_calendar_events e ON e.business_id = %(business_id)s::bigint AND e.id = b.source_id
    WHERE b.business_id = %(business_id)s::bigint AND b.staff_member_id = %(staff_id)s::bigint AND b.source = 'external'
) t ON t.href = o.href
WHERE o.business_id = %(business_id)s::bigint AND o.calendar_id = %(calendar_id)s::bigint AND NOT o.deleted
  AND t.href IS NULL
ORDER BY o.href;
