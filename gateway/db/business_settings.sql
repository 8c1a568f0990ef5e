-- name: chosen
SELECT enforcement, moves, on_delete, notes, waive_hours, waive_notice, coalesce(delegate_url, '') <> ''
FROM daybridge.business_settings WHERE business_id = %(business_id)s::bigint;

-- name: choose
-- NULL leaves a choice as it is.
INSERT INTO daybridge.business_settings AS s (business_id, enforcement, moves, on_delete, notes, waive_hours, waive_notice)
VALUES (%(business_id)s::bigint, %(enforcement)s, %(moves)s, %(on_delete)s, %(notes)s,
        coalesce(%(waive_hours)s::boolean, false), coalesce(%(waive_notice)s::boolean, false))
ON CONFLICT (business_id) DO UPDATE
SET enforcement = coalesce(EXCLUDED.enforcement, s.enforcement),
    moves = coalesce(EXCLUDED.moves, s.moves),
    on_delete = coalesce(EXCLUDED.on_delete, s.on_delete),
    notes = coalesce(EXCLUDED.notes, s.notes),
    waive_hours = coalesce(%(waive_hours)s::boolean, s.waive_hours),
    waive_notice = coalesce(%(waive_notice)s::boolean, s.waive_notice);

-- name: is_there
-- Whether there is anything to count yet.
SELECT to_regclass('daybridge.business_settings') IS NOT NULL AND to_regclass('public.businesses') IS NOT NULL;

-- name: enforcing
-- For the operator: how many businesses refuse double bookings, and how many there are.
SELECT count(*) FILTER (WHERE daybridge.enforces(b.id)), count(*) FROM public.businesses b;

-- name: overlapping
-- For the operator: how many bookings that are under way or to come overlap something else of the same staff member.
SELECT count(DISTINCT (b.business_id, b.source_id))
FROM daybridge.busy b
JOIN daybridge.busy other
  ON other.business_id = b.business_id AND other.staff_member_id = b.staff_member_id
     AND other.during && b.during AND other.session <> b.session
WHERE b.source = 'booking' AND upper(b.during) > %(now)s::timestamptz;

-- name: observed
-- For the operator: how many bookings were let through that a business that enforces would have refused.
SELECT count(*) FROM daybridge.calendar_sync_logs
WHERE outcome = 'observed' AND happened_at > %(since)s::timestamptz;
