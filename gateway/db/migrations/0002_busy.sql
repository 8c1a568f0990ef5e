-- Never booked twice: who is taken when, what staff keep of their own, and what became of each change.

-- Functions below look at the booking app's tables, which may not be there yet.
SET LOCAL check_function_bodies = off;

-- Keeps two bookings of a staff member apart (an index over ranges beside plain ids).
CREATE EXTENSION IF NOT EXISTS btree_gist WITH SCHEMA public;

-- What a business that says nothing else wants of overlapping bookings: the embedded database enforces from the start,
-- a booking app's own is only observed until its business has seen what would be refused.
ALTER TABLE daybridge.installation
    ADD COLUMN enforcement text NOT NULL DEFAULT 'observe' CHECK (enforcement IN ('observe', 'enforce'));

-- What a business lets calendars do with its bookings. NULL: as the installation's settings have it.
CREATE TABLE daybridge.business_settings (
    business_id     bigint PRIMARY KEY,
    enforcement     text CHECK (enforcement IN ('observe', 'enforce')),
    moves           text CHECK (moves IN ('accept', 'refuse')),
    on_delete       text CHECK (on_delete IN ('ask', 'cancel', 'refuse')),
    notes           text CHECK (notes IN ('accept', 'restore')),
    waive_hours     boolean NOT NULL DEFAULT false,
    waive_notice    boolean NOT NULL DEFAULT false,
    delegate_url    text,
    delegate_secret bytea  -- sealed
);

-- One row for each stretch of time that is taken. `during` is the real time; buffers are added when they are asked for,
-- so that a changed policy holds at once. Rows in lane 0 can't overlap, unless they belong to one session that several
-- customers share. Whatever has to be taken as it comes (blocks, other calendars' events, overlaps that were there
-- before us) has a lane of its own: it bars bookings, and is itself barred by nothing.
CREATE TABLE daybridge.busy (
    business_id     bigint NOT NULL,
    staff_member_id bigint NOT NULL,
    source          text   NOT NULL CHECK (source IN ('booking', 'block', 'external')),
    source_id       bigint NOT NULL,
    instance        integer NOT NULL DEFAULT 0,  -- which occurrence of a recurring event
    during          tstzrange NOT NULL CHECK (NOT isempty(during)),
    session         text   NOT NULL,
    conflict        boolean NOT NULL DEFAULT false,
    lane            bigint NOT NULL GENERATED ALWAYS AS (
        CASE WHEN source = 'booking' AND NOT conflict THEN 0
             ELSE source_id # (CASE source WHEN 'booking' THEN 1::bigint WHEN 'block' THEN 2 ELSE 3 END << 60)
        END) STORED,
    PRIMARY KEY (business_id, source, source_id, instance),
    CONSTRAINT never_booked_twice EXCLUDE USING gist
        (business_id WITH =, staff_member_id WITH =, during WITH &&, lane WITH =, session WITH <>)
);
CREATE INDEX busy_in_conflict ON daybridge.busy (business_id, staff_member_id) WHERE conflict;

-- One booking that asks for its time, and what it gives up for it.
CREATE TYPE daybridge.ask AS (
    business_id bigint, booking_id bigint, staff_member_id bigint, starts_at timestamp, ends_at timestamp,
    during tstzrange,  -- NULL: the row makes no sense
    session text,
    held boolean,  -- it holds all of this time already
    enforced boolean,  -- it is refused if the time is taken
    buffer interval,
    freed_staff bigint, freed tstzrange
);

-- Events that a staff member puts into their own calendar: their time is taken, and they are no bookings.
CREATE TABLE daybridge.blocks (
    business_id     bigint NOT NULL,
    id              bigint GENERATED ALWAYS AS IDENTITY,
    staff_member_id bigint NOT NULL,
    calendar_id     bigint NOT NULL,
    href            text COLLATE "C" NOT NULL,
    expanded_until  timestamptz,  -- NULL: it ends before that anyway
    time_zone       text NOT NULL,  -- the business's when it was expanded: whole days and floating times hang on it
    PRIMARY KEY (business_id, id),
    UNIQUE (business_id, calendar_id, href),
    FOREIGN KEY (business_id, calendar_id) REFERENCES daybridge.calendars (business_id, id) ON DELETE CASCADE
);
CREATE INDEX blocks_to_expand ON daybridge.blocks (business_id, expanded_until) WHERE expanded_until IS NOT NULL;

-- An object that recurs takes a time of which starts_at and ends_at are only the ends.
ALTER TABLE daybridge.calendar_objects ADD COLUMN recurs boolean NOT NULL DEFAULT false;
CREATE INDEX calendar_objects_recurring ON daybridge.calendar_objects (business_id, calendar_id)
    WHERE recurs AND NOT deleted;

-- What one staff member's apps get instead of an object that others see too: with their own alarms and colours, or the
-- true text of their own block. `kept` is what has to be put into the booking's event each time it is rendered.
CREATE TABLE daybridge.personal_objects (
    business_id     bigint NOT NULL,
    calendar_id     bigint NOT NULL,
    staff_member_id bigint NOT NULL,
    href            text COLLATE "C" NOT NULL,
    etag            text  NOT NULL,
    body            bytea NOT NULL,
    kept            text  NOT NULL DEFAULT '',
    PRIMARY KEY (business_id, calendar_id, staff_member_id, href),
    FOREIGN KEY (business_id, calendar_id, href)
        REFERENCES daybridge.calendar_objects (business_id, calendar_id, href) ON DELETE CASCADE
);
ALTER TABLE daybridge.personal_objects ALTER COLUMN body SET STORAGE EXTERNAL;

-- The timeline: each change that was asked for, by whom, and what became of it. Nothing secret is ever written here.
CREATE TABLE daybridge.calendar_sync_logs (
    business_id     bigint NOT NULL,
    id              bigint GENERATED ALWAYS AS IDENTITY,
    happened_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    via             text NOT NULL CHECK (via IN ('api', 'caldav', 'sql', 'page', 'provider', 'system')),
    who             text NOT NULL,
    action          text NOT NULL,
    outcome         text NOT NULL
        CHECK (outcome IN ('accepted', 'refused', 'restored', 'observed', 'skipped', 'delegated', 'asked')),
    booking_id      bigint,
    staff_member_id bigint,
    before          jsonb,
    after           jsonb,
    reasons         jsonb NOT NULL DEFAULT '[]',
    PRIMARY KEY (business_id, id)
);
CREATE INDEX calendar_sync_logs_by_booking ON daybridge.calendar_sync_logs (business_id, booking_id, id);
CREATE INDEX calendar_sync_logs_by_outcome ON daybridge.calendar_sync_logs (business_id, outcome, id);

-- What only a person can decide: a booking whose event was deleted in a calendar.
CREATE TABLE daybridge.questions (
    business_id     bigint NOT NULL,
    booking_id      bigint NOT NULL,
    staff_member_id bigint,
    via             text NOT NULL,
    who             text NOT NULL,
    asked_at        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (business_id, booking_id)
);

-- Answers to requests that carried an Idempotency-Key, so that a repeated one changes nothing.
CREATE TABLE daybridge.idempotency_keys (
    business_id  bigint NOT NULL,
    holder       text   NOT NULL,
    key          text   NOT NULL,
    request_hash bytea  NOT NULL,
    booking_id   bigint,
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (business_id, holder, key)
);

-- Calendars elsewhere, and what they say of their owners' time.
CREATE TABLE daybridge.calendar_connections (
    business_id     bigint NOT NULL,
    id              bigint GENERATED ALWAYS AS IDENTITY,
    staff_member_id bigint,
    provider        text NOT NULL,
    calendar        text NOT NULL DEFAULT '',
    state           text NOT NULL DEFAULT 'connecting' CHECK (state IN
        ('connecting', 'importing', 'in_step', 'catching_up', 'paused', 'stale', 'reconnect_needed', 'stopped',
         'disconnected')),
    read_at         timestamptz,
    PRIMARY KEY (business_id, id)
);
CREATE INDEX calendar_connections_by_staff ON daybridge.calendar_connections (business_id, staff_member_id);

CREATE TABLE daybridge.external_calendar_events (
    business_id     bigint NOT NULL,
    id              bigint GENERATED ALWAYS AS IDENTITY,
    connection_id   bigint NOT NULL,
    staff_member_id bigint NOT NULL,
    event_key       text   NOT NULL,  -- the provider's id of the event
    starts_at       timestamptz NOT NULL,
    ends_at         timestamptz NOT NULL,
    PRIMARY KEY (business_id, id),
    UNIQUE (business_id, connection_id, event_key),
    FOREIGN KEY (business_id, connection_id) REFERENCES daybridge.calendar_connections (business_id, id)
        ON DELETE CASCADE
);

DO $$
DECLARE
    kept text;
BEGIN
    FOREACH kept IN ARRAY ARRAY['business_settings', 'busy', 'blocks', 'personal_objects', 'calendar_sync_logs',
                                'questions', 'idempotency_keys', 'calendar_connections',
                                'external_calendar_events'] LOOP
        EXECUTE format('ALTER TABLE daybridge.%I ENABLE ROW LEVEL SECURITY', kept);
        EXECUTE format('CREATE POLICY tenant ON daybridge.%I TO daybridge_app
                        USING (business_id = daybridge.tenant()) WITH CHECK (business_id = daybridge.tenant())', kept);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON daybridge.%I TO daybridge_app', kept);
    END LOOP;
END $$;

-- The one word for "this staff member's time": whoever changes what is taken, or judges by it, holds this lock.
CREATE FUNCTION daybridge.staff_key(business bigint, staff bigint) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN hashtextextended('daybridge:busy:' || business::text || ':' || staff::text, 0);

-- How far a row bars a booking that keeps a buffer: a booking holds [start, end + buffer), anything else its time only,
-- and nothing that a booking holds may overlap what another holds. A candidate clashes if it overlaps this.
CREATE FUNCTION daybridge.barred(source text, during tstzrange, buffer interval) RETURNS tstzrange
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN tstzrange(lower(during) - buffer,
                     upper(during) + CASE source WHEN 'booking' THEN buffer ELSE interval '0' END);

-- What stands against a booking at this time. A booking doesn't clash with itself, nor with others of its session.
CREATE FUNCTION daybridge.clashes(business bigint, staff bigint, asked tstzrange, buffer interval, asked_session text,
                                  except_booking bigint)
    RETURNS TABLE (source text, source_id bigint, during tstzrange, by_buffer boolean)
    LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT b.source, b.source_id, b.during, NOT b.during && asked
    FROM daybridge.busy b
    WHERE b.business_id = business AND b.staff_member_id = staff
      AND b.during && tstzrange(lower(asked) - buffer, upper(asked) + buffer)
      AND asked && daybridge.barred(b.source, b.during, buffer)
      AND NOT (b.source = 'booking'
               AND (b.source_id IS NOT DISTINCT FROM except_booking OR b.session = asked_session))
    ORDER BY b.during
$$;

-- What is taken of these staff members' time. Below row-level security a condition on ranges is no condition for an index
-- (nothing says that it leaks nothing), and a staff member's whole past would be read; so these two look on the tenant's
-- behalf, and at nobody else's rows.
CREATE FUNCTION daybridge.busy_between(staff bigint[], span tstzrange) RETURNS SETOF daybridge.busy
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    mine bigint := daybridge.tenant();
BEGIN
    RETURN QUERY
    SELECT b.* FROM unnest(staff) one
    CROSS JOIN LATERAL (SELECT * FROM daybridge.busy b
                        WHERE b.business_id = mine AND b.staff_member_id = one AND b.during && span OFFSET 0) b;
END $$;

CREATE FUNCTION daybridge.tenant_clashes(staff bigint, asked tstzrange, buffer interval, asked_session text,
                                         except_booking bigint)
    RETURNS TABLE (source text, source_id bigint, during tstzrange, by_buffer boolean)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY
    SELECT * FROM daybridge.clashes(daybridge.tenant(), staff, asked, buffer, asked_session, except_booking);
END $$;

-- Whether an overlap is refused in this business, or only noted.
CREATE FUNCTION daybridge.enforces(business bigint) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce((SELECT s.enforcement FROM daybridge.business_settings s WHERE s.business_id = business),
                    (SELECT i.enforcement FROM daybridge.installation i)) = 'enforce'
$$;

-- Take these staff members' time into one's own hands until the transaction ends. Always in the same order, so that
-- nobody waits for somebody who waits for them. Whoever also locks a booking's row has done so before.
CREATE FUNCTION daybridge.lock_staff(business bigint, staff bigint[]) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(keys.key)
    FROM (SELECT DISTINCT daybridge.staff_key(business, one) AS key FROM unnest(staff) one ORDER BY 1) keys;
END $$;

-- Below: what the triggers on the app's bookings call. They run as the schema's owner, in the app's own transaction.

-- The time that a booking's row asks for. NULL where it can't be understood: the row is left alone then, and the
-- timeline says so.
CREATE FUNCTION daybridge.span_of(staff bigint, starts_at timestamp, ends_at timestamp) RETURNS tstzrange
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN staff IS NOT NULL AND ends_at > starts_at
                     AND starts_at BETWEEN '1970-01-02' AND '2999-12-31'
                     AND ends_at BETWEEN '1970-01-02' AND '2999-12-31'
                THEN tstzrange(starts_at AT TIME ZONE 'UTC', ends_at AT TIME ZONE 'UTC') END;

-- Bookings of an experience or an event (service_type 1, 2) that begin together share their time.
CREATE FUNCTION daybridge.session_of(booking bigint, service bigint, service_type integer, starts_at timestamp)
    RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN service_type IN (1, 2) THEN 'session ' || service || ' ' || extract(epoch FROM starts_at)
                ELSE 'booking ' || booking END;

-- The locks on all the time that these bookings (the n-th one of the n-th business) hold or should hold, in order.
CREATE FUNCTION daybridge.staff_keys(businesses bigint[], ids bigint[]) RETURNS bigint[]
    LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN ARRAY(
        SELECT DISTINCT daybridge.staff_key(one.business_id, either.staff)
        FROM unnest(businesses, ids) AS one (business_id, id)
        CROSS JOIN LATERAL (
            SELECT b.staff_member_id FROM public.bookings b
            WHERE b.id = one.id AND b.business_id = one.business_id AND b.status IN (0, 1, 3)
            UNION ALL
            SELECT h.staff_member_id FROM daybridge.busy h
            WHERE h.business_id = one.business_id AND h.source = 'booking' AND h.source_id = one.id
        ) either (staff)
        WHERE either.staff IS NOT NULL ORDER BY 1);
END $$;

-- What these bookings ask for and give up. Who holds all of this time already (a booking that is confirmed, that ends
-- earlier, or that lost its service and with it those whom it shared its time with) is not judged, and comes first, so
-- that nobody gets that time who asks for it in the same statement.
CREATE FUNCTION daybridge.asks(businesses bigint[], ids bigint[], keys bigint[], strict boolean)
    RETURNS daybridge.ask[] LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (
    SELECT array_agg(ROW(one.business_id, one.id, b.staff_member_id, b.start_time, b.end_time, c.during, c.session,
                         h.held, strict AND NOT h.held AND coalesce(s.enforcement, i.enforcement) = 'enforce',
                         make_interval(mins => least(greatest(coalesce(
                             (SELECT p.buffer_time_mins FROM public.booking_policies p
                              WHERE p.business_id = one.business_id ORDER BY p.id LIMIT 1), 0), 0), 1440)),
                         was.staff_member_id, was.during)::daybridge.ask
                     ORDER BY h.held DESC, was.conflict, one.id)
    FROM unnest(businesses, ids) AS one (business_id, id)
    CROSS JOIN daybridge.installation i
    LEFT JOIN daybridge.business_settings s ON s.business_id = one.business_id
    LEFT JOIN public.bookings b ON b.id = one.id AND b.business_id = one.business_id AND b.status IN (0, 1, 3)
    LEFT JOIN public.services v ON v.id = b.service_id
    LEFT JOIN daybridge.busy was
      ON was.business_id = one.business_id AND was.source = 'booking' AND was.source_id = one.id
    CROSS JOIN LATERAL (
        SELECT daybridge.span_of(b.staff_member_id, b.start_time, b.end_time),
               daybridge.session_of(b.id, v.id, v.service_type, b.start_time)
    ) c (during, session)
    CROSS JOIN LATERAL (
        SELECT coalesce(was.staff_member_id = b.staff_member_id AND c.during <@ was.during
                        AND (was.session = c.session OR was.session LIKE 'booking %' OR b.service_id IS NULL), false)
    ) h (held)
    WHERE (was.conflict OR b.id IS NOT NULL AND c.during IS NULL
           OR (b.staff_member_id, c.during, c.session) IS DISTINCT FROM (was.staff_member_id, was.during, was.session))
      -- Given to somebody else since we locked: whoever did that has held it anew.
      AND (c.during IS NULL OR daybridge.staff_key(one.business_id, b.staff_member_id) = ANY (keys)));
END $$;

CREATE FUNCTION daybridge.note_ask(asked daybridge.ask, what text, why jsonb) RETURNS void
    LANGUAGE sql AS $$
    INSERT INTO daybridge.calendar_sync_logs (business_id, via, who, action, outcome, booking_id, staff_member_id,
                                              after, reasons)
    VALUES (asked.business_id, 'sql', 'The booking system', 'hold', what, asked.booking_id, asked.staff_member_id,
            jsonb_build_object('start', asked.starts_at AT TIME ZONE 'UTC', 'end', asked.ends_at AT TIME ZONE 'UTC'),
            why)
$$;

CREATE FUNCTION daybridge.refuse(asked daybridge.ask, why jsonb) RETURNS void
    LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'staff member % is not free from % to % UTC', asked.staff_member_id, asked.starts_at, asked.ends_at
        USING ERRCODE = 'exclusion_violation', CONSTRAINT = 'never_booked_twice', SCHEMA = 'daybridge', TABLE = 'busy',
              DETAIL = why::text,
              HINT = 'Choose another time or staff member, or cancel what stands there first.';
END $$;

-- Why a booking can't have this time, as reasons that explain gives too; NULL if it can.
CREATE FUNCTION daybridge.objections(asked daybridge.ask) RETURNS jsonb
    LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (
        SELECT jsonb_agg(jsonb_build_object(
            'code', CASE WHEN c.source = 'external' THEN 'EXTERNAL' WHEN c.source = 'block' THEN 'BLOCK'
                         WHEN c.by_buffer THEN 'BUFFER' ELSE 'OVERLAP' END,
            'source', c.source || ' ' || c.source_id, 'start', lower(c.during), 'end', upper(c.during)))
        FROM (SELECT * FROM daybridge.clashes(asked.business_id, asked.staff_member_id, asked.during, asked.buffer,
                                              asked.session, asked.booking_id) LIMIT 10) c);
END $$;

-- One booking takes its time.
CREATE FUNCTION daybridge.hold_one(asked daybridge.ask, strict boolean) RETURNS void
    LANGUAGE plpgsql AS $$
DECLARE
    against jsonb;
    -- A transaction that sees the past only is stopped by what it can't see (serialization_failure) if it takes the
    -- buffers too, for a moment.
    widely  boolean := asked.enforced AND current_setting('transaction_isolation') <> 'read committed';
BEGIN
    IF NOT asked.held THEN
        against := daybridge.objections(asked);
    END IF;
    IF against IS NOT NULL AND asked.enforced THEN
        PERFORM daybridge.refuse(asked, against);
    ELSIF against IS NOT NULL AND strict THEN
        PERFORM daybridge.note_ask(asked, 'observed', against);
    END IF;
    INSERT INTO daybridge.busy (business_id, staff_member_id, source, source_id, during, session)
    VALUES (asked.business_id, asked.staff_member_id, 'booking', asked.booking_id,
            CASE WHEN widely THEN tstzrange(lower(asked.during) - asked.buffer, upper(asked.during) + asked.buffer)
                 ELSE asked.during END, asked.session)
    ON CONFLICT DO NOTHING;
    IF NOT FOUND AND asked.enforced THEN
        PERFORM daybridge.refuse(asked, '[{"code": "OVERLAP"}]');
    ELSIF NOT FOUND THEN
        INSERT INTO daybridge.busy (business_id, staff_member_id, source, source_id, during, session, conflict)
        VALUES (asked.business_id, asked.staff_member_id, 'booking', asked.booking_id, asked.during, asked.session,
                true);
    ELSIF widely THEN
        UPDATE daybridge.busy b SET during = asked.during
        WHERE b.business_id = asked.business_id AND b.source = 'booking' AND b.source_id = asked.booking_id;
    END IF;
END $$;

-- Overlaps that are none any more, now that this time is free. One that can't be cleared, because this transaction
-- doesn't see what takes its place, stays flagged and is found by `misheld`.
CREATE FUNCTION daybridge.clear_conflicts(asked daybridge.ask[]) RETURNS void
    LANGUAGE plpgsql AS $$
DECLARE
    flagged daybridge.busy;
BEGIN
    FOR flagged IN
        SELECT * FROM daybridge.busy b
        WHERE b.conflict AND EXISTS (SELECT FROM unnest(asked) a
                                     WHERE a.business_id = b.business_id AND a.freed_staff = b.staff_member_id
                                       AND a.freed && b.during)
        ORDER BY b.business_id, b.staff_member_id, b.source_id
    LOOP
        BEGIN
            UPDATE daybridge.busy b SET conflict = false
            WHERE b.business_id = flagged.business_id AND b.source = 'booking' AND b.source_id = flagged.source_id
              AND NOT EXISTS (SELECT FROM daybridge.busy other
                              WHERE other.business_id = flagged.business_id
                                AND other.staff_member_id = flagged.staff_member_id AND other.during && flagged.during
                                AND other.lane = 0 AND other.session <> flagged.session);
        EXCEPTION WHEN exclusion_violation OR serialization_failure THEN NULL;
        END;
    END LOOP;
END $$;

-- Have these bookings (the n-th one of the n-th business) hold the time that they have at present, whatever brought us
-- here: a statement's triggers may come late and together. Refuses what would be booked twice, if `strict` and if the
-- business enforces it; raises exclusion_violation then, and nothing is changed.
CREATE FUNCTION daybridge.hold(businesses bigint[], ids bigint[], strict boolean) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    keys   bigint[];
    asked  daybridge.ask[];
    one    daybridge.ask;
    frees  boolean := false;
BEGIN
    keys := daybridge.staff_keys(businesses, ids);
    PERFORM pg_advisory_xact_lock(key) FROM unnest(keys) key;
    asked := coalesce(daybridge.asks(businesses, ids, keys, strict), '{}');
    IF EXISTS (SELECT FROM unnest(asked) a WHERE a.freed IS NOT NULL) THEN
        DELETE FROM daybridge.busy b USING unnest(asked) a
        WHERE b.business_id = a.business_id AND b.source = 'booking' AND b.source_id = a.booking_id;
        frees := true;
    END IF;
    FOREACH one IN ARRAY asked LOOP
        IF one.during IS NOT NULL THEN
            PERFORM daybridge.hold_one(one, strict);
        ELSIF one.starts_at IS NOT NULL AND strict THEN
            PERFORM daybridge.note_ask(one, 'skipped', '[{"code": "UNREADABLE"}]');
        END IF;
    END LOOP;
    IF frees THEN
        PERFORM daybridge.clear_conflicts(asked);
    END IF;
END $$;

-- Whether any of these businesses would rather have no booking than two at a time.
CREATE FUNCTION daybridge.any_enforces(businesses bigint[]) RETURNS boolean
    LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM unnest(businesses) AS one (business_id) CROSS JOIN daybridge.installation i
                   LEFT JOIN daybridge.business_settings s ON s.business_id = one.business_id
                   WHERE coalesce(s.enforcement, i.enforcement) = 'enforce')
$$;

-- The next id of one of the two tables of the app that we add rows to.
CREATE FUNCTION daybridge.next_id(app_table text) RETURNS bigint
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT nextval(pg_get_serial_sequence('public.' || app_table, 'id'))
    WHERE app_table IN ('bookings', 'tenant_customers')
$$;
REVOKE ALL ON FUNCTION daybridge.next_id(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION daybridge.next_id(text) TO daybridge_app;

-- Whether the app has an invoice for a booking of this tenant; then cancelling takes more than changing a row.
CREATE FUNCTION daybridge.has_invoice(booking bigint) RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    found_one boolean := false;
BEGIN
    IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass('public.invoices') AND attname = 'booking_id') THEN
        EXECUTE 'SELECT EXISTS (SELECT FROM public.invoices i JOIN public.bookings b ON b.id = i.booking_id
                                WHERE b.id = $1 AND b.business_id = daybridge.tenant())' INTO found_one USING booking;
    END IF;
    RETURN found_one;
END $$;
REVOKE ALL ON FUNCTION daybridge.has_invoice(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION daybridge.has_invoice(bigint), daybridge.enforces(bigint) TO daybridge_app;

-- Bookings of this tenant whose time is not held as it should be: from before the triggers, or while they were away.
-- So are overlaps that are flagged and are none any more.
CREATE FUNCTION daybridge.misheld(ids bigint[]) RETURNS SETOF bigint
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(wanted.id, held.source_id)
    FROM (
        SELECT b.id, b.staff_member_id, daybridge.span_of(b.staff_member_id, b.start_time, b.end_time) AS during,
               daybridge.session_of(b.id, v.id, v.service_type, b.start_time) AS session
        FROM public.bookings b LEFT JOIN public.services v ON v.id = b.service_id
        WHERE b.business_id = daybridge.tenant() AND b.id = ANY (ids) AND b.status IN (0, 1, 3)
          AND daybridge.span_of(b.staff_member_id, b.start_time, b.end_time) IS NOT NULL
    ) wanted
    FULL JOIN (
        SELECT h.source_id, h.staff_member_id, h.session, h.during,
               h.conflict AND NOT EXISTS (SELECT FROM daybridge.busy other
                                          WHERE other.business_id = h.business_id
                                            AND other.staff_member_id = h.staff_member_id AND other.during && h.during
                                            AND other.lane = 0 AND other.session <> h.session) AS cleared
        FROM daybridge.busy h
        WHERE h.business_id = daybridge.tenant() AND h.source = 'booking' AND h.source_id = ANY (ids)
    ) held ON held.source_id = wanted.id
    WHERE (wanted.staff_member_id, wanted.session, wanted.during)
          IS DISTINCT FROM (held.staff_member_id, held.session, held.during) OR held.cleared
$$;

-- Hold these bookings' time as it should be; how many were not. Overlaps that are there are taken as they are.
CREATE FUNCTION daybridge.rehold(ids bigint[]) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    wrong bigint[] := ARRAY(SELECT daybridge.misheld(ids));
BEGIN
    IF cardinality(wrong) > 0 THEN
        PERFORM daybridge.hold(array_fill(daybridge.tenant(), ARRAY[cardinality(wrong)]), wrong, false);
    END IF;
    RETURN cardinality(wrong);
END $$;

-- Nothing here is for everyone; the application asks what it needs, and lets `rehold` do the rest.
DO $$
DECLARE
    made regprocedure;
BEGIN
    FOR made IN SELECT p.oid FROM pg_proc p WHERE p.pronamespace = 'daybridge'::regnamespace LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', made);
    END LOOP;
END $$;
GRANT EXECUTE ON FUNCTION daybridge.misheld(bigint[]), daybridge.rehold(bigint[]), daybridge.staff_key(bigint, bigint),
    daybridge.barred(text, tstzrange, interval),
    daybridge.busy_between(bigint[], tstzrange),
    daybridge.tenant_clashes(bigint, tstzrange, interval, text, bigint), daybridge.lock_staff(bigint, bigint[])
    TO daybridge_app;

-- Store a personal block in the place of what was there, and take its time; its id. One function, so that its nine
-- statements are planned once for each connection, and not at every PUT. The caller holds the staff member's lock.
CREATE FUNCTION daybridge.put_block(mine bigint, calendar bigint, staff bigint, name text, object_uid text,
                                    own_etag text, own_body bytea, shared_etag text, shared_body bytea,
                                    first_start timestamptz, last_end timestamptz, repeats boolean, until timestamptz,
                                    zone text, at timestamptz, starts timestamptz[], ends timestamptz[])
    RETURNS bigint LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    block bigint;
    moved bigint;
    one   bigint;
BEGIN
    INSERT INTO daybridge.blocks (business_id, staff_member_id, calendar_id, href, expanded_until, time_zone)
    VALUES (mine, staff, calendar, name, until, zone)
    ON CONFLICT (business_id, calendar_id, href) DO UPDATE
    SET expanded_until = EXCLUDED.expanded_until, time_zone = EXCLUDED.time_zone
    RETURNING id INTO block;
    -- A UID stands once in a calendar; what was deleted lets go of it, for one that no program may send.
    UPDATE daybridge.calendar_objects o SET uid = E'\x01' || encode(sha256(convert_to(o.href, 'UTF8')), 'hex')
    WHERE o.business_id = mine AND o.calendar_id = calendar AND o.uid = object_uid AND o.href <> name AND o.deleted;
    -- All calendars, of whatever detail, that tell of the same person's time move on with this one.
    FOR one IN
        SELECT c.id FROM daybridge.calendars c
        WHERE c.business_id = mine AND c.kind = 'bookings' AND c.staff_member_id = staff
        ORDER BY c.id FOR NO KEY UPDATE
    LOOP
        UPDATE daybridge.calendars c SET revision = c.revision + 1, changed_at = clock_timestamp()
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
    DELETE FROM daybridge.busy b WHERE b.business_id = mine AND b.source = 'block' AND b.source_id = block;
    INSERT INTO daybridge.busy (business_id, staff_member_id, source, source_id, instance, during, session)
    SELECT mine, staff, 'block', block, s.number, tstzrange(s.starts_at, s.ends_at), 'block ' || block
    FROM unnest(starts, ends) WITH ORDINALITY AS s (starts_at, ends_at, number)
    WHERE s.ends_at > s.starts_at;
    RETURN block;
END $$;
REVOKE ALL ON FUNCTION daybridge.put_block(bigint, bigint, bigint, text, text, text, bytea, text, bytea, timestamptz,
    timestamptz, boolean, timestamptz, text, timestamptz, timestamptz[], timestamptz[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION daybridge.put_block(bigint, bigint, bigint, text, text, text, bytea, text, bytea, timestamptz,
    timestamptz, boolean, timestamptz, text, timestamptz, timestamptz[], timestamptz[]) TO daybridge_app;

-- What is there before somebody stores something: the object in its place as they know it, who has its UID, which block
-- it is, how many blocks there are. One function for the same reason.
CREATE FUNCTION daybridge.sight(mine bigint, calendar bigint, viewer bigint, name text, object_uid text)
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
    SELECT count(*) INTO blocks FROM daybridge.blocks b WHERE b.business_id = mine AND b.calendar_id = calendar;
    SELECT o.href INTO href_of_uid FROM daybridge.calendar_objects o
    WHERE o.business_id = mine AND o.calendar_id = calendar AND o.uid = object_uid AND NOT o.deleted;
    SELECT i.id::text INTO installation FROM daybridge.installation i;
    SELECT b.time_zone INTO time_zone FROM daybridge.businesses b WHERE b.id = mine;
    RETURN NEXT;
END $$;
REVOKE ALL ON FUNCTION daybridge.sight(bigint, bigint, bigint, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION daybridge.sight(bigint, bigint, bigint, text, text) TO daybridge_app;
