-- Connected accounts: what lets us in, which of their calendars receive bookings and which block time, which event there
-- is which booking's, and what their owners' other events take of their time.

SET LOCAL check_function_bodies = off;

-- How a connection stands is worked out from these facts (core/connection.py). No moment here is the database's own:
-- whoever writes says what time it is.
ALTER TABLE daybridge.calendar_connections
    DROP COLUMN calendar, DROP COLUMN state, DROP COLUMN read_at,
    ADD COLUMN account          text NOT NULL DEFAULT '',  -- as its owner calls it: an e-mail address
    ADD COLUMN account_key      text NOT NULL DEFAULT '',  -- as the provider does
    ADD COLUMN sealed           bytea,  -- what lets us in; NULL before and after
    ADD COLUMN detail           text NOT NULL DEFAULT 'full' CHECK (detail IN ('full', 'service', 'busy')),
    ADD COLUMN tentative_blocks boolean NOT NULL DEFAULT true,
    ADD COLUMN all_day_blocks   boolean NOT NULL DEFAULT true,
    ADD COLUMN titles           boolean NOT NULL DEFAULT false,
    ADD COLUMN held_in          text NOT NULL DEFAULT '',  -- the business's zone that whole days were held in
    ADD COLUMN created_at       timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN connected_at     timestamptz,
    ADD COLUMN leaving          boolean NOT NULL DEFAULT false,  -- our events there are being taken away
    ADD COLUMN closed_at        timestamptz,
    ADD COLUMN refused_at       timestamptz,  -- since when they don't let us in any more
    ADD COLUMN stopped_at       timestamptz,  -- since when a large change waits for its owner's word
    ADD COLUMN stop             jsonb,        -- what would have changed
    ADD COLUMN approved         boolean NOT NULL DEFAULT false,  -- its owner said that the large change is right
    ADD COLUMN failures         integer NOT NULL DEFAULT 0,
    ADD COLUMN failing_since    timestamptz,
    ADD COLUMN last_error       text NOT NULL DEFAULT '',
    ADD COLUMN not_before       timestamptz,  -- nothing is asked of them before
    ADD COLUMN paused_by_them   boolean NOT NULL DEFAULT false,
    ADD COLUMN pull_asked_at    timestamptz,
    ADD COLUMN pulled_at        timestamptz,  -- when the last reading began that came to its end
    ADD COLUMN listed_at        timestamptz,  -- when its calendars were listed
    ADD COLUMN lease            bigint NOT NULL DEFAULT 0,  -- who comes later has a greater one
    ADD COLUMN lease_until      timestamptz,
    ADD COLUMN queued_at        timestamptz,
    ADD COLUMN served_at        timestamptz;
CREATE UNIQUE INDEX calendar_connections_by_account
    ON daybridge.calendar_connections (business_id, provider, account_key, staff_member_id) NULLS NOT DISTINCT
    WHERE account_key <> '';

-- The calendars of an account. Which of them receives bookings and which of them block time are two different things.
CREATE TABLE daybridge.connection_calendars (
    business_id   bigint NOT NULL,
    id            bigint GENERATED ALWAYS AS IDENTITY,
    connection_id bigint NOT NULL,
    remote_id     text NOT NULL,
    name          text NOT NULL,
    zone          text NOT NULL DEFAULT '',
    writable      boolean NOT NULL,
    main          boolean NOT NULL,
    listed        boolean NOT NULL DEFAULT true,  -- the account still has it
    blocks        boolean NOT NULL DEFAULT false,
    receives      boolean NOT NULL DEFAULT false,
    cursor        text NOT NULL DEFAULT '',  -- where reading goes on; empty: all of it has to be read
    round         bigint NOT NULL DEFAULT 0,  -- how often all of it was read, the present time included
    imported      integer NOT NULL DEFAULT 0,  -- events read in this round
    read_at       timestamptz,
    read_whole_at timestamptz,
    PRIMARY KEY (business_id, id),
    UNIQUE (business_id, connection_id, remote_id),
    FOREIGN KEY (business_id, connection_id) REFERENCES daybridge.calendar_connections (business_id, id)
        ON DELETE CASCADE
);
CREATE UNIQUE INDEX connection_calendars_receiving ON daybridge.connection_calendars (business_id, connection_id)
    WHERE receives;

-- Which event is which booking's. It outlives the booking, or its event would never be taken away. It is to be looked
-- after while `wanted` (raised by whoever changes something) is greater than `pushed` (what had been raised when it was
-- last looked after), or while `look` says that it was changed over there.
CREATE TABLE daybridge.calendar_event_mappings (
    business_id   bigint NOT NULL,
    booking_id    bigint NOT NULL,
    connection_id bigint NOT NULL,
    calendar_id   bigint,  -- where the event is; NULL before the first attempt
    generation    integer NOT NULL DEFAULT 0,
    remote_id     text NOT NULL DEFAULT '',
    etag          text NOT NULL DEFAULT '',
    fingerprint   text NOT NULL DEFAULT '',  -- of what was put there; empty: it has to be written anew
    wanted        bigint NOT NULL DEFAULT 1,
    pushed        bigint NOT NULL DEFAULT 0,
    look          boolean NOT NULL DEFAULT false,
    attempts      integer NOT NULL DEFAULT 0,
    not_before    timestamptz,
    last_error    text NOT NULL DEFAULT '',
    put_at        timestamptz,
    PRIMARY KEY (business_id, booking_id, connection_id),
    FOREIGN KEY (business_id, connection_id) REFERENCES daybridge.calendar_connections (business_id, id)
        ON DELETE CASCADE,
    FOREIGN KEY (business_id, calendar_id) REFERENCES daybridge.connection_calendars (business_id, id)
        ON DELETE CASCADE
);
CREATE INDEX calendar_event_mappings_due ON daybridge.calendar_event_mappings (business_id, connection_id)
    WHERE wanted > pushed OR look;
CREATE INDEX calendar_event_mappings_by_connection ON daybridge.calendar_event_mappings (business_id, connection_id);
CREATE UNIQUE INDEX calendar_event_mappings_by_event
    ON daybridge.calendar_event_mappings (business_id, calendar_id, remote_id) WHERE remote_id <> '';

-- Events of others: when they are and what they show, nothing more. An instance of a series that differs from it has a
-- row of its own; the time that a series takes is held in `busy` under the first of its rows.
DELETE FROM daybridge.busy WHERE source = 'external';
DELETE FROM daybridge.external_calendar_events;
ALTER TABLE daybridge.external_calendar_events
    DROP CONSTRAINT external_calendar_events_business_id_connection_id_event_ke_key,
    ADD COLUMN calendar_id bigint NOT NULL,
    ADD COLUMN series_key  text NOT NULL,
    ADD COLUMN times       bytea NOT NULL DEFAULT '',
    ADD COLUMN showing     text NOT NULL DEFAULT 'busy',
    ADD COLUMN reply       text NOT NULL DEFAULT 'none',
    ADD COLUMN title       text NOT NULL DEFAULT '',
    ADD COLUMN unknown_zone text NOT NULL DEFAULT '',
    ADD COLUMN problem     text NOT NULL DEFAULT '',  -- why its time isn't held, where that can't be told
    ADD COLUMN round       bigint NOT NULL DEFAULT 0,
    ADD COLUMN expanded_until timestamptz,  -- NULL: it ends before that anyway
    ADD UNIQUE (business_id, calendar_id, event_key),
    ADD FOREIGN KEY (business_id, calendar_id) REFERENCES daybridge.connection_calendars (business_id, id)
        ON DELETE CASCADE;
CREATE INDEX external_calendar_events_by_series
    ON daybridge.external_calendar_events (business_id, calendar_id, series_key);
CREATE INDEX external_calendar_events_growing ON daybridge.external_calendar_events (business_id, expanded_until)
    WHERE expanded_until IS NOT NULL;

-- Providers' promises to call us. The new one stands here before the old one is ended, so there may be two.
CREATE TABLE daybridge.calendar_watches (
    business_id   bigint NOT NULL,
    id            text NOT NULL,
    calendar_id   bigint NOT NULL,
    resource      text NOT NULL DEFAULT '',
    secret_hash   bytea NOT NULL,
    made_at       timestamptz NOT NULL,
    expires_at    timestamptz NOT NULL,
    heard_at      timestamptz,
    PRIMARY KEY (business_id, id),
    FOREIGN KEY (business_id, calendar_id) REFERENCES daybridge.connection_calendars (business_id, id)
        ON DELETE CASCADE
);
CREATE INDEX calendar_watches_by_id ON daybridge.calendar_watches (id);
CREATE INDEX calendar_watches_by_calendar ON daybridge.calendar_watches (business_id, calendar_id);

-- Somebody is on their way to a provider to let us in. Spent once, within minutes, in the session that began it.
CREATE TABLE daybridge.connection_attempts (
    business_id     bigint NOT NULL,
    token_hash      bytea NOT NULL,
    session_hash    bytea NOT NULL,
    provider        text NOT NULL,
    asked_by        bigint NOT NULL,  -- the staff member who signed in here
    staff_member_id bigint,           -- whose connection it will be; NULL: the business's
    connection_id   bigint,           -- of a connection that is made good again
    verifier        bytea NOT NULL,   -- sealed
    consent         boolean NOT NULL,
    expires_at      timestamptz NOT NULL,
    PRIMARY KEY (business_id, token_hash)
);

-- How many requests may still be sent, by provider and by account; shared by all processes.
CREATE TABLE daybridge.request_budgets (
    name  text PRIMARY KEY,
    level double precision NOT NULL,
    at    timestamptz NOT NULL
);

DO $$
DECLARE
    kept text;
BEGIN
    FOREACH kept IN ARRAY ARRAY['connection_calendars', 'calendar_event_mappings', 'calendar_watches',
                                'connection_attempts'] LOOP
        EXECUTE format('ALTER TABLE daybridge.%I ENABLE ROW LEVEL SECURITY', kept);
        EXECUTE format('CREATE POLICY tenant ON daybridge.%I TO daybridge_app
                        USING (business_id = daybridge.tenant()) WITH CHECK (business_id = daybridge.tenant())', kept);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON daybridge.%I TO daybridge_app', kept);
    END LOOP;
END $$;

-- Take one request out of a budget that refills by so many a minute and never holds more than a minute's worth; how many
-- seconds to wait until there is one, 0 if it was there. What doesn't fit is not taken.
CREATE FUNCTION daybridge.spend(budget text, per_minute double precision, at_ timestamptz) RETURNS double precision
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    -- A provider counts over a sliding minute: a full budget and its refill together are what it allows.
    most  double precision := greatest(per_minute / 2, 1);
    there double precision;
BEGIN
    INSERT INTO daybridge.request_budgets AS b (name, level, at) VALUES (budget, most, at_)
    ON CONFLICT (name) DO UPDATE
    SET level = least(most, b.level + greatest(extract(epoch FROM at_ - b.at), 0) * per_minute / 120),
        at = greatest(b.at, at_)
    RETURNING level INTO there;
    IF there < 1 THEN
        RETURN (1 - there) * 120 / per_minute;
    END IF;
    UPDATE daybridge.request_budgets b SET level = b.level - 1 WHERE b.name = budget;
    RETURN 0;
END $$;

-- Which connection and calendar a call of a provider is about, before a business is known.
CREATE FUNCTION daybridge.watch_by_id(asked text)
    RETURNS TABLE (business_id bigint, connection_id bigint, calendar_id bigint, secret_hash bytea)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT w.business_id, c.connection_id, w.calendar_id, w.secret_hash
    FROM daybridge.calendar_watches w
    JOIN daybridge.connection_calendars c ON c.business_id = w.business_id AND c.id = w.calendar_id
    WHERE w.id = asked
$$;

-- The connections that there is something to do for, in fair order: of each business the one that was served longest
-- ago, then of each the next one. They are marked as queued, so that another worker lets them be for a while.
CREATE FUNCTION daybridge.queue_connections(at_ timestamptz, poll interval, patience interval, most integer)
    RETURNS TABLE (business_id bigint, connection_id bigint)
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH due AS (
        SELECT k.business_id, k.id,
               row_number() OVER (PARTITION BY k.business_id ORDER BY k.served_at NULLS FIRST, k.id) AS turn, k.served_at
        FROM daybridge.calendar_connections k
        WHERE k.sealed IS NOT NULL AND k.closed_at IS NULL AND k.refused_at IS NULL
          AND (k.stopped_at IS NULL OR k.leaving)
          AND (k.lease_until IS NULL OR k.lease_until <= at_) AND (k.not_before IS NULL OR k.not_before <= at_)
          AND (k.queued_at IS NULL OR k.queued_at <= at_ - patience)
          AND (k.leaving OR k.pulled_at IS NULL OR k.pulled_at <= at_ - poll
               OR k.pull_asked_at > k.pulled_at AND k.pull_asked_at <= at_
               OR EXISTS (SELECT FROM daybridge.connection_calendars c
                          WHERE c.business_id = k.business_id AND c.connection_id = k.id AND c.listed
                            AND (c.blocks OR c.receives) AND c.read_at IS NULL)
               OR EXISTS (SELECT FROM daybridge.calendar_event_mappings m
                          WHERE m.business_id = k.business_id AND m.connection_id = k.id AND (m.wanted > m.pushed OR m.look)
                            AND (m.not_before IS NULL OR m.not_before <= at_)))
    ), chosen AS (
        SELECT d.business_id, d.id FROM due d ORDER BY d.turn, d.served_at NULLS FIRST, d.business_id LIMIT most
    ), locked AS (
        SELECT k.business_id, k.id FROM daybridge.calendar_connections k
        JOIN chosen c ON c.business_id = k.business_id AND c.id = k.id
        ORDER BY k.business_id, k.id FOR NO KEY UPDATE OF k SKIP LOCKED
    )
    UPDATE daybridge.calendar_connections k SET queued_at = at_ FROM locked l
    WHERE k.business_id = l.business_id AND k.id = l.id RETURNING k.business_id, k.id
$$;

-- Where bookings are to be shown: in the receiving calendar of each connection of their staff member, and of the
-- business. An account that is connected twice gets each booking once, by its staff member's own connection if it can be.
-- A booking that comes back begins with a generation that it has not had yet, for its events' names are used up.
CREATE FUNCTION daybridge.receivers(mine bigint, ids bigint[])
    RETURNS TABLE (booking_id bigint, connection_id bigint, calendar_id bigint, generation integer)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY
    SELECT DISTINCT ON (b.id, k.provider, k.account_key, c.remote_id) b.id, k.id, c.id, coalesce(v.sequence, 0)
    FROM daybridge.bookings b
    JOIN daybridge.calendar_connections k
      ON k.business_id = mine AND (k.staff_member_id = b.staff_member_id OR k.staff_member_id IS NULL)
         AND k.connected_at IS NOT NULL AND k.closed_at IS NULL AND NOT k.leaving
    JOIN daybridge.connection_calendars c
      ON c.business_id = mine AND c.connection_id = k.id AND c.receives AND c.listed
    LEFT JOIN daybridge.event_revisions v ON v.business_id = mine AND v.booking_id = b.id
    WHERE b.business_id = mine AND b.id = ANY (ids) AND b.staff_member_id IS NOT NULL
    ORDER BY b.id, k.provider, k.account_key, c.remote_id, k.staff_member_id IS NULL, k.id;
END $$;

-- What the booking app is told of its bookings' events, in the two columns that it has for that: 0 in no calendar,
-- 1 on the way, 2 there, 3 refused there; of several calendars the one that was connected first. A row
-- that somebody is changing at present is left for the next time.
CREATE FUNCTION daybridge.tell_app(ids bigint[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF (SELECT count(*) FROM pg_attribute WHERE attrelid = 'public.bookings'::regclass AND NOT attisdropped
          AND attname IN ('calendar_event_id', 'calendar_event_status')) < 2 THEN
        RETURN;
    END IF;
    WITH told AS (
        SELECT DISTINCT ON (b.id) b.id, nullif(m.remote_id, '') AS event_id,
               CASE WHEN m.booking_id IS NULL THEN 0 WHEN m.last_error <> '' THEN 3
                    WHEN m.wanted > m.pushed THEN 1 WHEN m.etag = '' THEN 0 ELSE 2 END AS status
        FROM public.bookings b
        LEFT JOIN daybridge.calendar_event_mappings m ON m.business_id = daybridge.tenant() AND m.booking_id = b.id
        WHERE b.business_id = daybridge.tenant() AND b.id = ANY (ids)
        ORDER BY b.id, m.connection_id
    ), held AS (
        SELECT b.id, told.event_id, told.status FROM told JOIN public.bookings b ON b.id = told.id
        WHERE (b.calendar_event_id, b.calendar_event_status) IS DISTINCT FROM (told.event_id, told.status)
        ORDER BY b.id FOR NO KEY UPDATE OF b SKIP LOCKED
    )
    UPDATE public.bookings b SET calendar_event_id = held.event_id, calendar_event_status = held.status
    FROM held WHERE b.id = held.id;
END $$;

-- A staff member's first connection becomes the app's default one, if the app has a column for that. Where that column
-- points at the app's own table of connections, ours are not for it.
CREATE FUNCTION daybridge.adopt_connection(staff bigint, connection bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    place smallint := (SELECT attnum FROM pg_attribute WHERE attrelid = 'public.staff_members'::regclass
                       AND attname = 'default_calendar_connection_id' AND NOT attisdropped);
BEGIN
    IF place IS NULL OR EXISTS (SELECT FROM pg_constraint WHERE conrelid = 'public.staff_members'::regclass
                                AND contype = 'f' AND place = ANY (conkey)) THEN
        RETURN;
    END IF;
    UPDATE public.staff_members s SET default_calendar_connection_id = connection
    WHERE s.business_id = daybridge.tenant() AND s.id = staff
      AND NOT EXISTS (SELECT FROM daybridge.calendar_connections k
                      WHERE k.business_id = daybridge.tenant() AND k.id = s.default_calendar_connection_id
                        AND k.closed_at IS NULL);
END $$;

REVOKE ALL ON FUNCTION daybridge.adopt_connection(bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION daybridge.adopt_connection(bigint, bigint) TO daybridge_app;

REVOKE ALL ON FUNCTION daybridge.spend(text, double precision, timestamptz), daybridge.watch_by_id(text),
    daybridge.queue_connections(timestamptz, interval, interval, integer), daybridge.receivers(bigint, bigint[]),
    daybridge.tell_app(bigint[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION daybridge.spend(text, double precision, timestamptz), daybridge.watch_by_id(text),
    daybridge.queue_connections(timestamptz, interval, interval, integer), daybridge.receivers(bigint, bigint[]),
    daybridge.tell_app(bigint[]) TO daybridge_app;
