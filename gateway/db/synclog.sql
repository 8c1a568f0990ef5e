-- name: note
INSERT INTO daybridge.calendar_sync_logs (business_id, via, who, action, outcome, booking_id, staff_member_id, before,
                                          after, reasons)
VALUES (%(business_id)s::bigint, %(via)s, %(who)s, %(action)s, %(outcome)s, %(booking_id)s::bigint,
        %(staff_id)s::bigint, %(before)s::jsonb, %(after)s::jsonb, %(reasons)s::jsonb);

-- name: of_booking
SELECT id, happened_at, via, who, action, outcome, booking_id, staff_member_id, before, after, reasons
FROM daybridge.calendar_sync_logs
WHERE business_id = %(business_id)s::bigint AND booking_id = %(booking_id)s::bigint AND id > %(after)s::bigint
ORDER BY id LIMIT %(most)s::int;

-- name: with_outcome
-- The latest of one kind, such as what `enforce` would have refused.
SELECT id, happened_at, via, who, action, outcome, booking_id, staff_member_id, before, after, reasons
FROM daybridge.calendar_sync_logs
WHERE business_id = %(business_id)s::bigint AND outcome = %(outcome)s
ORDER BY id DESC LIMIT %(most)s::int;

-- name: prune
DELETE FROM daybridge.calendar_sync_logs
WHERE business_id = %(business_id)s::bigint AND happened_at < %(before)s::timestamptz;
