-- name: hooks
-- What of ours hangs in the database, and how the catalog describes it; a trigger that is switched off has no mark.
SELECT 'view', c.relname::text, '', coalesce(obj_description(c.oid, 'pg_class'), '')
FROM pg_class c WHERE c.relkind = 'v' AND c.relnamespace = to_regnamespace('daybridge')
UNION ALL
SELECT 'function', p.proname::text, '', coalesce(obj_description(p.oid, 'pg_proc'), '')
FROM pg_proc p WHERE p.prorettype = 'trigger'::regtype AND p.pronamespace = to_regnamespace('daybridge')
UNION ALL
SELECT 'trigger', t.tgname::text, c.relname::text,
       -- It leaves our schema out when the search path has it, as for a role that is called daybridge.
       CASE WHEN t.tgenabled IN ('O', 'A')
            THEN regexp_replace(pg_get_triggerdef(t.oid), ' FUNCTION (?!daybridge\.)', ' FUNCTION daybridge.')
            ELSE '' END
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
WHERE NOT t.tgisinternal AND starts_with(t.tgname, 'daybridge_') AND c.relnamespace = 'public'::regnamespace;

-- name: hung_triggers
-- Every trigger that calls a function of ours, on whatever table it hangs.
SELECT format('%I.%I', n.nspname, c.relname), t.tgname::text
FROM pg_trigger t
JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_proc p ON p.oid = t.tgfoid
WHERE NOT t.tgisinternal AND p.pronamespace = to_regnamespace('daybridge')
ORDER BY 1, 2;

-- name: dependents
-- What others have built upon our schema, and would lose with it.
SELECT DISTINCT regexp_replace(o.identity, '^"_RETURN" on ', '')
FROM pg_depend d
CROSS JOIN LATERAL pg_identify_object(d.classid, d.objid, d.objsubid) o
WHERE d.deptype IN ('n', 'a')
  AND (d.refclassid = 'pg_class'::regclass
       AND d.refobjid IN (SELECT oid FROM pg_class WHERE relnamespace = to_regnamespace('daybridge'))
       OR d.refclassid = 'pg_proc'::regclass
       AND d.refobjid IN (SELECT oid FROM pg_proc WHERE pronamespace = to_regnamespace('daybridge')))
  AND o.schema IS DISTINCT FROM 'daybridge' AND o.identity !~ '(^|on |for )daybridge\.'
  AND d.classid <> 'pg_trigger'::regclass
ORDER BY 1;

-- name: holders
-- The sessions that hold a lock on one of these tables, the oldest transaction first.
SELECT a.pid, coalesce(nullif(a.application_name, ''), a.usename, '?'),
       extract(epoch FROM clock_timestamp() - a.xact_start)::float8
FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
WHERE l.relation = to_regclass(%(table)s) AND l.granted AND l.pid <> pg_backend_pid()
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
ORDER BY a.xact_start LIMIT 1;

-- name: role_exists
SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = 'daybridge_app');

-- name: rights
-- The role that we sign in as, and what it may do besides reading.
SELECT current_user::text, current_database()::text, current_setting('server_version_num')::int,
       r.rolsuper, r.rolcreaterole, has_database_privilege(current_database(), 'CREATE'),
       to_regnamespace('daybridge') IS NOT NULL,
       coalesce((SELECT pg_has_role(n.nspowner, 'USAGE') FROM pg_namespace n WHERE n.nspname = 'daybridge'), true),
       current_setting('session_replication_role') = 'replica',
       current_user = 'daybridge' AND current_setting('search_path') ~ '\$user'
       OR current_setting('search_path') ~ '\mdaybridge\M'
FROM pg_roles r WHERE r.rolname = current_user;

-- name: application_role
-- The role that every transaction runs as; no row when there is none yet.
SELECT r.rolsuper OR r.rolbypassrls,
       pg_has_role(current_user, r.oid, CASE WHEN current_setting('server_version_num')::int >= 160000
                                             THEN 'SET' ELSE 'MEMBER' END),
       pg_has_role(current_user, r.oid, 'MEMBER WITH ADMIN OPTION')
FROM pg_roles r WHERE r.rolname = 'daybridge_app';

-- name: tables
-- The app's tables: kind, and what we may do with each.
SELECT c.relname::text, c.relkind::text, has_table_privilege(c.oid, 'SELECT'), has_table_privilege(c.oid, 'TRIGGER'),
       pg_has_role(c.relowner, 'USAGE'), row_security_active(c.oid)
FROM pg_class c WHERE c.relnamespace = to_regnamespace('public') AND c.relname = ANY (%(tables)s::text[])
  AND c.relkind IN ('r', 'p', 'v', 'm', 'f');

-- name: columns
SELECT c.relname::text, a.attname::text, coalesce(nullif(t.typbasetype, 0), t.oid)::regtype::text
FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid JOIN pg_type t ON t.oid = a.atttypid
WHERE c.relnamespace = to_regnamespace('public') AND c.relname = ANY (%(tables)s::text[])
  AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped;

-- name: odd_bookings
-- Bookings that a calendar can't show, or not wholly: what is odd, how many, and one of them.
SELECT odd.kind, count(*), min(odd.id)
FROM (
    SELECT b.id, unnest(array_remove(ARRAY[
        CASE WHEN b.status = 5 THEN 'orphan' END,
        CASE WHEN b.status IS DISTINCT FROM 5 AND b.business_id IS NULL THEN 'no business' END,
        CASE WHEN b.status NOT IN (2, 5) AND b.staff_member_id IS NULL THEN 'no staff' END,
        CASE WHEN b.status NOT IN (2, 5) AND b.service_id IS NULL THEN 'no service' END,
        CASE WHEN b.status NOT IN (2, 5) AND b.tenant_customer_id IS NULL THEN 'no customer' END,
        CASE WHEN b.status IS NULL OR b.status NOT BETWEEN 0 AND 5 THEN 'unknown status' END,
        CASE WHEN b.status NOT IN (2, 5) AND b.end_time <= b.start_time THEN 'no length' END,
        CASE WHEN b.status NOT IN (2, 5) AND (NOT b.start_time BETWEEN '1970-01-02' AND '2999-12-31'
                  OR NOT b.end_time BETWEEN '1970-01-02' AND '2999-12-31') THEN 'no time' END,
        CASE WHEN st.business_id <> b.business_id THEN 'strange staff' END,
        CASE WHEN s.business_id <> b.business_id OR c.business_id <> b.business_id THEN 'strange names' END
    ], NULL)) AS kind
    FROM public.bookings b
    LEFT JOIN public.staff_members st ON st.id = b.staff_member_id
    LEFT JOIN public.services s ON s.id = b.service_id
    LEFT JOIN public.tenant_customers c ON c.id = b.tenant_customer_id
) odd
GROUP BY odd.kind ORDER BY odd.kind;

-- name: overlaps
-- By business, the bookings that begin while an earlier one of the same staff member is under way, and one of them.
-- The parties of one session (experience and event services) count once.
SELECT taken.business_id, count(*), min(taken.id)
FROM (
    SELECT one.business_id, one.id, one.start_time,
           max(one.end_time) OVER (PARTITION BY one.staff_member_id ORDER BY one.start_time, one.id
                                   ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS busy_until
    FROM (
        SELECT b.business_id, b.staff_member_id, b.start_time, b.end_time, min(b.id) AS id
        FROM public.bookings b LEFT JOIN public.services s ON s.id = b.service_id
        WHERE b.status IN (0, 1, 3) AND b.end_time > b.start_time
          AND b.start_time BETWEEN '1970-01-02' AND '2999-12-31' AND b.end_time BETWEEN '1970-01-02' AND '2999-12-31'
          AND b.business_id IS NOT NULL AND b.staff_member_id IS NOT NULL
        GROUP BY b.business_id, b.staff_member_id, b.start_time, b.end_time,
                 CASE WHEN s.service_type IN (1, 2) THEN -s.id ELSE b.id END
    ) one
) taken
WHERE taken.start_time < taken.busy_until
GROUP BY taken.business_id ORDER BY count(*) DESC, taken.business_id;

-- name: zones
-- The time-zone names in use: how many businesses have each, and one of them.
SELECT coalesce(time_zone, ''), count(*), min(id) FROM public.businesses GROUP BY 1 ORDER BY 1;

-- name: staff_without_email
SELECT count(*), min(st.id)
FROM public.staff_members st LEFT JOIN public.users u ON u.id = st.user_id
WHERE coalesce(st.active, true) AND coalesce(nullif(st.email, ''), nullif(u.email, '')) IS NULL;

-- name: sizes
-- What there is to project: businesses, bookings, and those of them that a calendar shows.
SELECT (SELECT count(*) FROM public.businesses),
       count(*), count(*) FILTER (WHERE status IN (0, 1, 3, 4) AND staff_member_id IS NOT NULL)
FROM public.bookings;

-- name: note_everything
-- Every business that the app has, and every one that it had.
INSERT INTO daybridge.outbox (business_id, scope, subject_id)
SELECT id, 'business', id FROM public.businesses
UNION
SELECT business_id, 'business', business_id FROM daybridge.tenants;

-- name: clock
SELECT clock_timestamp(), current_setting('server_version');

-- name: oldest_note
SELECT count(*), min(noted_at) FROM daybridge.outbox;

-- name: unreadable
-- By business, the bookings that should be shown and can't be, and one of them (see unreadable_bookings).
SELECT b.business_id, count(*), min(b.id)
FROM public.bookings b
LEFT JOIN public.staff_members st ON st.id = b.staff_member_id AND st.business_id = b.business_id
WHERE b.business_id IS NOT NULL AND b.status IS DISTINCT FROM 2 AND b.status IS DISTINCT FROM 5
  AND (b.status IS NULL OR b.status NOT BETWEEN 0 AND 5 OR st.id IS NULL OR b.end_time <= b.start_time
       OR NOT b.start_time BETWEEN '1970-01-02' AND '2999-12-31'
       OR NOT b.end_time BETWEEN '1970-01-02' AND '2999-12-31')
GROUP BY b.business_id ORDER BY b.business_id;
