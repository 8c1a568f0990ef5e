-- What every answer about free time asks: functions, so that their statements are planned once for each connection and
-- not at every question.

-- Functions below look at the booking app's tables, which may not be there yet.
SET LOCAL check_function_bodies = off;

-- What holds whatever time is asked about, in one question, because it is asked before every answer: the business, the
-- rules that it has for bookings (its policy with the lowest id), the service, and the staff members with their hours.
CREATE FUNCTION daybridge.ground(mine bigint, staff bigint[], asked_service bigint)
    RETURNS TABLE (active boolean, time_zone text,
                   has_policy boolean, interval_mins integer, use_fixed_intervals boolean, buffer_time_mins integer,
                   min_advance_mins integer, max_advance_days integer, max_daily_bookings integer,
                   min_duration_mins integer, max_duration_mins integer,
                   service_id bigint, service_name text, service_active boolean, service_type integer,
                   service_duration integer, service_availability text, enforce_service_availability boolean,
                   staff_member_id bigint, staff_name text, staff_active boolean, staff_availability text,
                   does_it boolean)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT coalesce(b.active, true), coalesce(b.time_zone, 'UTC')::text,
           p.id IS NOT NULL, p.interval_mins::integer, p.use_fixed_intervals, p.buffer_time_mins::integer,
           p.min_advance_mins::integer, p.max_advance_days::integer, p.max_daily_bookings::integer,
           p.min_duration_mins::integer, p.max_duration_mins::integer,
           v.id, v.name::text, coalesce(v.active, true), coalesce(v.service_type, 0)::integer, v.duration::integer,
           v.availability::text, v.enforce_service_availability,
           s.id, s.name::text, coalesce(s.active, true), coalesce(s.availability::text, ''),
           s.id = ANY (ARRAY(SELECT l.staff_member_id FROM daybridge.services_staff_members l
                             WHERE l.service_id = asked_service))
    FROM daybridge.businesses b
    LEFT JOIN LATERAL (SELECT * FROM daybridge.booking_policies p
                       WHERE p.business_id = mine ORDER BY p.id LIMIT 1) p ON true
    LEFT JOIN daybridge.services v ON v.business_id = mine AND v.id = asked_service
    LEFT JOIN daybridge.staff_members s ON s.business_id = mine AND s.id = ANY (staff)
    WHERE b.id = mine;
END $$;

-- The other calendars that block these staff members' time, and all that says how fresh our knowledge of them is.
CREATE FUNCTION daybridge.sources(mine bigint, staff bigint[])
    RETURNS TABLE (connection_id bigint, name text, read_at timestamptz, granted boolean, closed_at timestamptz,
                   refused_at timestamptz, stopped_at timestamptz, not_before timestamptz, paused_by_them boolean,
                   failing_since timestamptz, imported integer, waiting integer)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT k.id, c.name, c.read_at, k.connected_at IS NOT NULL, k.closed_at, k.refused_at, k.stopped_at, k.not_before,
           k.paused_by_them, k.failing_since, c.imported,
           (SELECT count(*)::int FROM daybridge.calendar_event_mappings m
            WHERE m.business_id = mine AND m.connection_id = k.id AND (m.wanted > m.pushed OR m.look))
    FROM daybridge.calendar_connections k
    JOIN daybridge.connection_calendars c ON c.business_id = mine AND c.connection_id = k.id AND c.blocks
    WHERE k.business_id = mine AND k.staff_member_id = ANY (staff) AND k.closed_at IS NULL
    ORDER BY k.id, c.main DESC, c.name, c.id;
END $$;

-- As before, with one addition less: it is done for every row of every answer.
CREATE OR REPLACE FUNCTION daybridge.barred(source text, during tstzrange, buffer interval) RETURNS tstzrange
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN tstzrange(lower(during) - buffer,
                     CASE source WHEN 'booking' THEN upper(during) + buffer ELSE upper(during) END);

-- What bars these staff members' time, and on which days (the number of their midnight) how many bookings begin, each
-- once: one pass over the rows of each. On the tenant's behalf and of nobody else's rows, as `busy_between`.
CREATE FUNCTION daybridge.barred_between(staff bigint[], span tstzrange, buffer interval, midnights bigint[])
    RETURNS TABLE (staff_member_id bigint, stretches tstzmultirange, begun integer[])
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    mine  bigint := daybridge.tenant();
    first timestamptz := to_timestamp(midnights[1]);
    last  timestamptz := to_timestamp(midnights[cardinality(midnights)]);
    counted boolean := cardinality(midnights) > 1;
BEGIN
    RETURN QUERY
    SELECT one, held.stretches, held.begun
    FROM unnest(staff) one
    CROSS JOIN LATERAL (
        SELECT range_agg(daybridge.barred(b.source, b.during, buffer)) AS stretches,
               array_agg(width_bucket(floor(date_part('epoch', lower(b.during)))::bigint, midnights))
                   FILTER (WHERE counted AND b.source = 'booking' AND lower(b.during) >= first
                                 AND lower(b.during) < last) AS begun
        FROM daybridge.busy b
        WHERE b.business_id = mine AND b.staff_member_id = one AND b.during && span) held;
END $$;

-- What is left of open time when all that bars is taken out of it, as far as a booking fits in, in seconds since the
-- epoch; beside it the days that take no more bookings (the number of their midnight).
CREATE FUNCTION daybridge.free_stretches(staff bigint[], staff_schedules integer[], open_schedules integer[],
                                         open_starts bigint[], open_ends bigint[], span tstzrange, buffer interval,
                                         length interval, midnights bigint[], most_a_day integer)
    RETURNS TABLE (staff_member_id bigint, starts bigint[], ends bigint[], full_days integer[])
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH opened AS (
        SELECT o.schedule, range_agg(tstzrange(to_timestamp(o.since), to_timestamp(o.until))) AS stretches
        FROM unnest(open_schedules, open_starts, open_ends) o (schedule, since, until)
        GROUP BY 1
    )
    SELECT s.id, f.starts, f.ends,
           ARRAY(SELECT day FROM unnest(h.begun) day GROUP BY day HAVING count(*) >= most_a_day)
    FROM unnest(staff, staff_schedules) s (id, schedule)
    JOIN opened o ON o.schedule = s.schedule
    JOIN daybridge.barred_between(staff, span, buffer, midnights) h ON h.staff_member_id = s.id
    CROSS JOIN LATERAL (
        SELECT array_agg(ceil(date_part('epoch', lower(free)))::bigint ORDER BY number) AS starts,
               array_agg(floor(date_part('epoch', upper(free)))::bigint ORDER BY number) AS ends
        FROM unnest(o.stretches - coalesce(h.stretches, '{}')) WITH ORDINALITY f (free, number)
        WHERE upper(free) >= lower(free) + length
    ) f
    WHERE f.starts IS NOT NULL;
END $$;

REVOKE ALL ON FUNCTION daybridge.ground(bigint, bigint[], bigint), daybridge.sources(bigint, bigint[]),
    daybridge.barred_between(bigint[], tstzrange, interval, bigint[]),
    daybridge.free_stretches(bigint[], integer[], integer[], bigint[], bigint[], tstzrange, interval, interval, bigint[],
                             integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION daybridge.ground(bigint, bigint[], bigint), daybridge.sources(bigint, bigint[]),
    daybridge.barred_between(bigint[], tstzrange, interval, bigint[]),
    daybridge.free_stretches(bigint[], integer[], integer[], bigint[], bigint[], tstzrange, interval, interval, bigint[],
                             integer) TO daybridge_app;
