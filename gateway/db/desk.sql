-- name: record
SELECT id, staff_member_id, service_id, tenant_customer_id, start_time AT TIME ZONE 'UTC', end_time AT TIME ZONE 'UTC',
       status, coalesce(notes, ''), coalesce(manager_override, false)
FROM daybridge.bookings WHERE business_id = %(business_id)s::bigint AND id = %(id)s::bigint;

-- name: lock
-- Before any lock on a staff member's time: in the order in which the app's own UPDATE takes them.
SELECT id FROM daybridge.bookings
WHERE business_id = %(business_id)s::bigint AND id = %(id)s::bigint FOR NO KEY UPDATE;

-- name: nature
-- What decides whether changing a booking takes more than changing its row.
SELECT coalesce(s.service_type, 0), coalesce(b.video_meeting_provider, 0) <> 0 OR coalesce(b.video_meeting_url, '') <> '',
       daybridge.has_invoice(b.id)
FROM daybridge.bookings b LEFT JOIN daybridge.services s ON s.id = b.service_id
WHERE b.business_id = %(business_id)s::bigint AND b.id = %(id)s::bigint;

-- name: add
INSERT INTO daybridge.bookings (business_id, staff_member_id, service_id, tenant_customer_id, start_time, end_time,
                                status, notes, created_at, updated_at)
VALUES (%(business_id)s::bigint, %(staff_id)s::bigint, %(service_id)s::bigint, %(customer_id)s::bigint,
        %(starts_at)s::timestamptz AT TIME ZONE 'UTC', %(ends_at)s::timestamptz AT TIME ZONE 'UTC',
        (SELECT CASE WHEN p.auto_confirm_bookings THEN 1 ELSE 0 END FROM daybridge.booking_policies p
         WHERE p.business_id = %(business_id)s::bigint
         UNION ALL SELECT 1 LIMIT 1),
        nullif(%(notes)s, ''), now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC')
RETURNING id;

-- name: change
-- NULL leaves a column as it is.
UPDATE daybridge.bookings
SET staff_member_id = coalesce(%(staff_id)s::bigint, staff_member_id),
    start_time = coalesce(%(starts_at)s::timestamptz AT TIME ZONE 'UTC', start_time),
    end_time = coalesce(%(ends_at)s::timestamptz AT TIME ZONE 'UTC', end_time),
    status = coalesce(%(status)s::integer, status),
    notes = coalesce(%(notes)s, notes),
    manager_override = coalesce(%(override)s::boolean, manager_override),
    updated_at = now() AT TIME ZONE 'UTC'
WHERE business_id = %(business_id)s::bigint AND id = %(id)s::bigint;

-- name: cancel
UPDATE daybridge.bookings
SET status = 2, cancellation_reason = %(reason)s, cancelled_by = (SELECT st.user_id FROM daybridge.staff_members st WHERE st.id = %(staff_id)s::bigint),
    manager_override = CASE WHEN %(override)s::boolean THEN true ELSE manager_override END,
    updated_at = now() AT TIME ZONE 'UTC'
WHERE business_id = %(business_id)s::bigint AND id = %(id)s::bigint;

-- name: touch_staff
-- The app caches free slots by this moment. Whoever holds the row at present is about to change it anyway.
UPDATE daybridge.staff_members SET updated_at = now() AT TIME ZONE 'UTC'
WHERE business_id = %(business_id)s::bigint
  AND id IN (SELECT id FROM daybridge.staff_members
             WHERE business_id = %(business_id)s::bigint AND id = ANY (%(staff_ids)s::bigint[])
             ORDER BY id FOR NO KEY UPDATE SKIP LOCKED);

-- name: is_staff
SELECT EXISTS (SELECT FROM daybridge.staff_members
               WHERE business_id = %(business_id)s::bigint AND id = %(staff_id)s::bigint);

-- name: is_customer
SELECT EXISTS (SELECT FROM daybridge.tenant_customers
               WHERE business_id = %(business_id)s::bigint AND id = %(customer_id)s::bigint);

-- name: customer_by_email
SELECT id FROM daybridge.tenant_customers
WHERE business_id = %(business_id)s::bigint AND lower(email) = lower(%(email)s) ORDER BY id LIMIT 1;

-- name: add_customer
INSERT INTO daybridge.tenant_customers (business_id, first_name, last_name, email, phone, created_at, updated_at)
VALUES (%(business_id)s::bigint, %(first_name)s, %(last_name)s, %(email)s, nullif(%(phone)s, ''),
        now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC')
ON CONFLICT DO NOTHING RETURNING id;

-- name: begin_once
INSERT INTO daybridge.idempotency_keys (business_id, holder, key, request_hash)
VALUES (%(business_id)s::bigint, %(holder)s, %(key)s, %(request_hash)s)
ON CONFLICT (business_id, holder, key) DO NOTHING;

-- name: done_once
SELECT request_hash, booking_id FROM daybridge.idempotency_keys
WHERE business_id = %(business_id)s::bigint AND holder = %(holder)s AND key = %(key)s;

-- name: end_once
UPDATE daybridge.idempotency_keys SET booking_id = %(booking_id)s::bigint
WHERE business_id = %(business_id)s::bigint AND holder = %(holder)s AND key = %(key)s;

-- name: forget_once
DELETE FROM daybridge.idempotency_keys
WHERE business_id = %(business_id)s::bigint AND created_at < %(before)s::timestamptz;

-- name: ask
INSERT INTO daybridge.questions (business_id, booking_id, staff_member_id, via, who)
VALUES (%(business_id)s::bigint, %(booking_id)s::bigint, %(staff_id)s::bigint, %(via)s, %(who)s)
ON CONFLICT (business_id, booking_id) DO UPDATE SET asked_at = now(), via = EXCLUDED.via, who = EXCLUDED.who;

-- name: questions
-- What waits for an answer, of bookings that could still be cancelled.
SELECT q.booking_id, q.staff_member_id, q.who, q.asked_at, b.start_time AT TIME ZONE 'UTC', coalesce(s.name, 'Booking')
FROM daybridge.questions q
JOIN daybridge.bookings b ON b.id = q.booking_id AND b.status IN (0, 1)
LEFT JOIN daybridge.services s ON s.id = b.service_id
WHERE q.business_id = %(business_id)s::bigint
  AND (%(staff_id)s::bigint IS NULL OR b.staff_member_id = %(staff_id)s::bigint)
ORDER BY q.asked_at LIMIT 100;

-- name: forget_questions
-- Those that answered themselves: the booking is cancelled, over or gone.
DELETE FROM daybridge.questions q
WHERE q.business_id = %(business_id)s::bigint
  AND NOT EXISTS (SELECT FROM daybridge.bookings b
                  WHERE b.id = q.booking_id AND b.status IN (0, 1)
                    AND b.end_time > %(now)s::timestamptz AT TIME ZONE 'UTC');

-- name: answered
DELETE FROM daybridge.questions
WHERE business_id = %(business_id)s::bigint AND booking_id = %(booking_id)s::bigint;
