-- name: stored
-- The hours of these staff members as the booking app has them, with what is needed to tell them to a calendar program.
SELECT st.id, coalesce(st.availability::text, ''),
       least(greatest(st.updated_at, '1970-01-01'), '9999-01-01') AT TIME ZONE 'UTC', coalesce(b.time_zone, 'UTC'), i.id::text
FROM daybridge.staff_members st
JOIN daybridge.businesses b ON b.id = st.business_id
CROSS JOIN daybridge.installation i
WHERE st.business_id = %(business_id)s::bigint AND st.id = ANY (%(staff_ids)s::bigint[]);

-- name: lock
SELECT FROM daybridge.staff_members
WHERE business_id = %(business_id)s::bigint AND id = %(staff_id)s::bigint FOR UPDATE;

-- name: write
-- With `updated_at`, by which the booking app knows that the free times it has worked out are out of date.
UPDATE daybridge.staff_members
SET availability = %(availability)s::jsonb, updated_at = clock_timestamp() AT TIME ZONE 'UTC'
WHERE business_id = %(business_id)s::bigint AND id = %(staff_id)s::bigint;
