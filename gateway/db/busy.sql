-- name: lock_staff
SELECT daybridge.lock_staff(%(business_id)s::bigint, %(staff_ids)s::bigint[]);

-- name: rehold
SELECT daybridge.rehold(%(ids)s::bigint[]);

-- name: misheld
SELECT daybridge.misheld(%(ids)s::bigint[]) ORDER BY 1;

-- name: release
DELETE FROM daybridge.busy
WHERE business_id = %(business_id)s::bigint AND source = %(source)s AND source_id = %(source_id)s::bigint;

-- name: take
-- The time of something that is taken as it comes; each stretch is an instance.
INSERT INTO daybridge.busy (business_id, staff_member_id, source, source_id, instance, during, session)
SELECT %(business_id)s::bigint, %(staff_id)s::bigint, %(source)s, %(source_id)s::bigint, s.number,
       tstzrange(s.starts_at, s.ends_at), %(source)s || ' ' || %(source_id)s::bigint
FROM unnest(%(starts)s::timestamptz[], %(ends)s::timestamptz[]) WITH ORDINALITY AS s (starts_at, ends_at, number)
WHERE s.ends_at > s.starts_at;

-- name: enforces
SELECT daybridge.enforces(%(business_id)s::bigint);

-- name: set_default_enforcement
UPDATE daybridge.installation SET enforcement = %(enforcement)s;

-- name: conflicts
-- Bookings that are under way or to come and overlap something else of the same staff member, and what.
SELECT b.source_id, b.staff_member_id, lower(b.during), upper(b.during), other.source, other.source_id
FROM daybridge.busy b
JOIN daybridge.busy other
  ON other.business_id = %(business_id)s::bigint AND other.staff_member_id = b.staff_member_id
     AND other.during && b.during AND other.session <> b.session
WHERE b.business_id = %(business_id)s::bigint AND b.source = 'booking' AND upper(b.during) > %(since)s::timestamptz
ORDER BY lower(b.during), b.source_id, other.source, other.source_id
LIMIT %(most)s::int;
