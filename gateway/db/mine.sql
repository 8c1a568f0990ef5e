-- name: ahead
-- How many bookings of a staff member begin between two moments.
SELECT count(*) FROM daybridge.bookings
WHERE business_id = %(business_id)s::bigint AND staff_member_id = %(staff_id)s::bigint AND status <> 2
  AND start_time >= %(since)s::timestamptz AT TIME ZONE 'UTC' AND start_time < %(until)s::timestamptz AT TIME ZONE 'UTC';
