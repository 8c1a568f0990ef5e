-- What every request of a calendar app asks first, and what every PUT does: functions, so that their statements are
-- planned once for each connection and not at every request.

-- Functions below look at the booking app's tables, which may not be there yet.
SET LOCAL check_function_bodies = off;

-- How many blocks a calendar holds: counting ten thousand rows would take longer than storing one.
ALTER TABLE daybridge.calendars ADD COLUMN blocks integer NOT NULL DEFAULT 0;
UPDATE daybridge.calendars c SET blocks = counted.blocks
FROM (SELECT b.business_id, b.calendar_id, count(*) AS blocks FROM daybridge.blocks b GROUP BY 1, 2) counted
WHERE counted.business_id = c.business_id AND counted.calendar_id = c.id;

-- The holder of an app password as they are at this moment; no row once it is revoked, or the person has left or may no
-- longer sign in to the booking app. `manages`: they see the whole business. `stale`: its last use is worth noting.
CREATE FUNCTION daybridge.visitor(mine bigint, password bigint)
    RETURNS TABLE (staff_member_id bigint, name text, email text, manages boolean, business_name text, waiting boolean,
                   stale boolean)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN QUERY
    SELECT st.id, coalesce(st.name, '')::text, coalesce(nullif(st.email, ''), u.email, '')::text,
           coalesce(u.role = 1, false), b.name::text,
           EXISTS (SELECT FROM daybridge.outbox o WHERE o.business_id = mine),
           p.last_used_at IS NULL OR p.last_used_at < now() - interval '10 minutes'
    FROM daybridge.app_passwords p
    JOIN daybridge.staff_members st ON st.id = p.staff_member_id
    JOIN daybridge.businesses b ON b.id = p.business_id
    LEFT JOIN daybridge.users u ON u.id = st.user_id
    WHERE p.business_id = mine AND p.id = password AND p.revoked_at IS NULL
      AND coalesce(st.active, true) AND coalesce(u.active, true) AND coalesce(b.active, true);
END $$;

-- One calendar with all its detail: a staff member's who still works there, or the team's.
CREATE FUNCTION daybridge.calendar_of(mine bigint, asked_kind text, staff bigint)
    RETURNS TABLE (id bigint, kind text, staff_member_id bigint, staff_name text, epoch text, revision bigint,
                   floor_revision bigint, changed_at timestamptz)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN QUERY
    SELECT c.id, c.kind, c.staff_member_id, coalesce(st.name, '')::text, c.epoch, c.revision, c.floor_revision,
           c.changed_at
    FROM daybridge.calendars c
    LEFT JOIN daybridge.staff_members st ON st.id = c.staff_member_id
    WHERE c.business_id = mine AND c.detail = 'full' AND c.kind = asked_kind
      AND (c.staff_member_id = staff OR c.staff_member_id IS NULL AND staff IS NULL)
      AND (c.kind = 'team' OR st.id IS NOT NULL AND coalesce(st.active, true));
END $$;

-- As before, but how many blocks there are is looked up and not counted.
CREATE OR REPLACE FUNCTION daybridge.sight(mine bigint, calendar bigint, viewer bigint, name text, object_uid text)
    RETURNS TABLE (etag text, uid text, booking_id bigint, block_id bigint, blocks bigint, href_of_uid text,
                   installation text, time_zone text)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
BEGIN
    SELECT coalesce(p.etag, o.etag), o.uid, o.booking_id INTO etag, uid, booking_id
    FROM daybridge.calendar_objects o
    LEFT JOIN daybridge.personal_objects p
      ON p.business_id = mine AND p.calendar_id = calendar AND p.staff_member_id = viewer AND p.href = o.href
    WHERE o.business_id = mine AND o.calendar_id = calendar AND o.href = name AND NOT o.deleted;
    SELECT b.id INTO block_id FROM daybridge.blocks b
    WHERE b.business_id = mine AND b.calendar_id = calendar AND b.href = name;
    SELECT c.blocks INTO blocks FROM daybridge.calendars c WHERE c.business_id = mine AND c.id = calendar;
    SELECT o.href INTO href_of_uid FROM daybridge.calendar_objects o
    WHERE o.business_id = mine AND o.calendar_id = calendar AND o.uid = object_uid AND NOT o.deleted;
    SELECT i.id::text INTO installation FROM daybridge.installation i;
    SELECT b.time_zone INTO time_zone FROM daybridge.businesses b WHERE b.id = mine;
    RETURN NEXT;
END $$;

-- As before, and it counts. The caller holds the staff member's lock and the business's.
CREATE OR REPLACE FUNCTION daybridge.put_block(mine bigint, calendar bigint, staff bigint, name text, object_uid text,
                                    own_etag text, own_body bytea, shared_etag text, shared_body bytea,
                                    first_start timestamptz, last_end timestamptz, repeats boolean, until timestamptz,
                                    zone text, at timestamptz, starts timestamptz[], ends timestamptz[])
    RETURNS bigint LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    block bigint;
    added integer := 0;
    moved bigint;
    one   bigint;
BEGIN
    UPDATE daybridge.blocks b SET expanded_until = until, time_zone = zone
    WHERE b.business_id = mine AND b.calendar_id = calendar AND b.href = name RETURNING b.id INTO block;
    IF block IS NULL THEN
        INSERT INTO daybridge.blocks (business_id, staff_member_id, calendar_id, href, expanded_until, time_zone)
        VALUES (mine, staff, calendar, name, until, zone) RETURNING id INTO block;
        added := 1;
    ELSE
        DELETE FROM daybridge.busy b WHERE b.business_id = mine AND b.source = 'block' AND b.source_id = block;
    END IF;
    -- A UID stands once in a calendar; what was deleted lets go of it, for one that no program may send.
    UPDATE daybridge.calendar_objects o SET uid = E'\x01' || encode(sha256(convert_to(o.href, 'UTF8')), 'hex')
    WHERE o.business_id = mine AND o.calendar_id = calendar AND o.uid = object_uid AND o.href <> name AND o.deleted;
    -- All calendars, of whatever detail, that tell of the same person's time move on with this one.
    FOR one IN
        SELECT c.id FROM daybridge.calendars c
        WHERE c.business_id = mine AND c.kind = 'bookings' AND c.staff_member_id = staff
        ORDER BY c.id FOR NO KEY UPDATE
    LOOP
        UPDATE daybridge.calendars c
        SET revision = c.revision + 1, changed_at = clock_timestamp(),
            blocks = c.blocks + CASE c.id WHEN calendar THEN added ELSE 0 END
        WHERE c.business_id = mine AND c.id = one RETURNING CASE c.id WHEN calendar THEN c.revision ELSE moved END
        INTO moved;
    END LOOP;
    INSERT INTO daybridge.calendar_objects (business_id, calendar_id, href, uid, etag, starts_at, ends_at, revision,
                                            deleted, fingerprint, modified_at, body, recurs)
    VALUES (mine, calendar, name, object_uid, shared_etag, first_start, last_end, moved, false, '', at, shared_body,
            repeats)
    ON CONFLICT (business_id, calendar_id, href) DO UPDATE
    SET uid = EXCLUDED.uid, etag = EXCLUDED.etag, starts_at = EXCLUDED.starts_at, ends_at = EXCLUDED.ends_at,
        revision = EXCLUDED.revision, deleted = false, modified_at = EXCLUDED.modified_at, body = EXCLUDED.body,
        recurs = EXCLUDED.recurs, booking_id = NULL, fingerprint = '';
    INSERT INTO daybridge.personal_objects (business_id, calendar_id, staff_member_id, href, etag, body, kept)
    VALUES (mine, calendar, staff, name, own_etag, own_body, '')
    ON CONFLICT (business_id, calendar_id, staff_member_id, href) DO UPDATE
    SET etag = EXCLUDED.etag, body = EXCLUDED.body, kept = '';
    INSERT INTO daybridge.busy (business_id, staff_member_id, source, source_id, instance, during, session)
    SELECT mine, staff, 'block', block, s.number, tstzrange(s.starts_at, s.ends_at), 'block ' || block
    FROM unnest(starts, ends) WITH ORDINALITY AS s (starts_at, ends_at, number)
    WHERE s.ends_at > s.starts_at;
    RETURN block;
END $$;

REVOKE ALL ON FUNCTION daybridge.visitor(bigint, bigint), daybridge.calendar_of(bigint, text, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION daybridge.visitor(bigint, bigint), daybridge.calendar_of(bigint, text, bigint)
    TO daybridge_app;
