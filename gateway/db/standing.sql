-- name: manages
-- Whether a staff member manages the business, by the booking app's own roles; no row once they have left.
SELECT coalesce(u.role = 1, false)
FROM daybridge.staff_members st
LEFT JOIN daybridge.users u ON u.id = st.user_id AND coalesce(u.active, true)
WHERE st.business_id = %(business_id)s::bigint AND st.id = %(staff_id)s::bigint AND coalesce(st.active, true);
