-- name: taken
-- The time of a staff member that other calendars take. An object's name says all that it holds, so that none is ever
-- changed: it is there or it isn't.
SELECT 'busy-' || b.source_id || '-' || extract(epoch FROM lower(b.during))::bigint || '-'
       || extract(epoch FROM upper(b.during))::bigint || coalesce('-' || left(md5(nullif(e.title, '')), 8), '') || '.ics',
       lower(b.during), upper(b.during), e.title
FROM daybridge.busy b
JOIN daybridge.external_calendar_events e ON e.business_id = %(business_id)s::bigint AND e.id = b.source_id
WHERE b.business_id = %(business_id)s::bigint AND b.staff_member_id = %(staff_id)s::bigint AND b.source = 'external';

-- name: shown
SELECT href FROM daybridge.calendar_objects
WHERE business_id = %(business_id)s::bigint AND calendar_id = %(calendar_id)s::bigint AND NOT deleted;
