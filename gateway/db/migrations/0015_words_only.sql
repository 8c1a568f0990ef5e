-- As before, but who writes other words and no other times leaves the time as it is held. The caller holds the staff
-- member's lock and the business's.
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
    spans tstzrange[] := ARRAY(SELECT tstzrange(s.starts_at, s.ends_at)
                               FROM unnest(starts, ends) WITH ORDINALITY AS s (starts_at, ends_at, number)
                               WHERE s.ends_at > s.starts_at ORDER BY s.number);
    kept  boolean := false;
BEGIN
    UPDATE daybridge.blocks b SET expanded_until = until, time_zone = zone
    WHERE b.business_id = mine AND b.calendar_id = calendar AND b.href = name RETURNING b.id INTO block;
    IF block IS NULL THEN
        INSERT INTO daybridge.blocks (business_id, staff_member_id, calendar_id, href, expanded_until, time_zone)
        VALUES (mine, staff, calendar, name, until, zone) RETURNING id INTO block;
        added := 1;
    ELSE
        kept := spans = ARRAY(SELECT b.during FROM daybridge.busy b
                              WHERE b.business_id = mine AND b.source = 'block' AND b.source_id = block
                                AND b.staff_member_id = staff ORDER BY b.instance);
    END IF;
    IF NOT kept AND added = 0 THEN
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
    IF NOT kept THEN
        INSERT INTO daybridge.busy (business_id, staff_member_id, source, source_id, instance, during, session)
        SELECT mine, staff, 'block', block, s.number, s.during, 'block ' || block
        FROM unnest(spans) WITH ORDINALITY AS s (during, number);
    END IF;
    RETURN block;
END $$;
