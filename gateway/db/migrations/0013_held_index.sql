-- What is held of a staff member's time, read off an index in its order: the exclusion constraint's own index finds a few
-- rows among many, but takes five times as long over the hundreds that months of free times need. It holds ends first,
-- because what is past is what there is most of. Only who says `business_id > 0` is led to it: where the table is small
-- or has no statistics yet, it looks as good to the planner as the constraint's own, and whoever then writes thousands of
-- bookings in one transaction reads through all of them for each.
CREATE INDEX busy_by_end ON daybridge.busy
    (business_id, staff_member_id, coalesce(upper(during), 'infinity'), coalesce(lower(during), '-infinity'))
    INCLUDE (during, source)
    WHERE business_id > 0;

CREATE OR REPLACE FUNCTION daybridge.held_between(staff bigint[], span tstzrange)
    RETURNS TABLE (staff_member_id bigint, booked bytea, other bytea)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    mine bigint := daybridge.tenant();
    since timestamptz := coalesce(lower(span), '-infinity');
    until timestamptz := coalesce(upper(span), 'infinity');
BEGIN
    RETURN QUERY
    SELECT one, coalesce(held.booked, ''), coalesce(held.other, '')
    FROM unnest(staff) one
    CROSS JOIN LATERAL (
        SELECT string_agg(timestamptz_send(coalesce(lower(b.during), '-infinity'))
                          || timestamptz_send(coalesce(upper(b.during), 'infinity')), '')
                   FILTER (WHERE b.source = 'booking') AS booked,
               string_agg(timestamptz_send(coalesce(lower(b.during), '-infinity'))
                          || timestamptz_send(coalesce(upper(b.during), 'infinity')), '')
                   FILTER (WHERE b.source <> 'booking') AS other
        FROM daybridge.busy b
        WHERE b.business_id = mine AND b.business_id > 0 AND b.staff_member_id = one
          AND coalesce(upper(b.during), 'infinity') > since AND coalesce(lower(b.during), '-infinity') < until) held;
END $$;
