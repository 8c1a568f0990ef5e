-- Everything of ours: calendars, what they hold, who may read them. The booking app's tables are not touched here;
-- what looks at them (views and triggers) is made by `attach`, see hooks.py.
--
-- Rules of this schema: business_id leads every key, so that tables can be spread by it later; row-level security lets
-- the role daybridge_app see one business at a time, and none when no tenant is set.

-- Which installation this is; part of every UID, so that two installations never claim the same event.
CREATE TABLE daybridge.installation (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    id     uuid NOT NULL DEFAULT gen_random_uuid()
);
INSERT INTO daybridge.installation DEFAULT VALUES;

-- The business whose rows may be seen in this transaction; NULL when none is set.
CREATE FUNCTION daybridge.tenant() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(current_setting('daybridge.business_id', true), '')::bigint;

-- One row for each business that we have met. Its row lock says who projects this business.
CREATE TABLE daybridge.tenants (
    business_id bigint PRIMARY KEY,
    created_at  timestamptz NOT NULL DEFAULT now()
);

-- Bookings, and what they show, that changed since they were last projected. Triggers append, the projector deletes.
-- scope 'booking' is one booking; any other scope stands for all bookings that show this subject.
CREATE TABLE daybridge.outbox (
    business_id bigint NOT NULL,
    id          bigint GENERATED ALWAYS AS IDENTITY,
    scope       text   NOT NULL CHECK (scope IN ('booking', 'customer', 'service', 'variant', 'staff', 'business')),
    subject_id  bigint NOT NULL,
    noted_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (business_id, id)
);

-- A calendar is one collection at one level of detail. The revision moves under the row's lock, in commit order.
CREATE TABLE daybridge.calendars (
    business_id     bigint NOT NULL,
    id              bigint GENERATED ALWAYS AS IDENTITY,
    kind            text   NOT NULL CHECK (kind IN ('bookings', 'busy', 'team')),
    staff_member_id bigint CHECK ((staff_member_id IS NULL) = (kind = 'team')),
    detail          text   NOT NULL CHECK (detail IN ('full', 'service', 'busy')),
    epoch           text   NOT NULL DEFAULT replace(gen_random_uuid()::text, '-', ''),
    revision        bigint NOT NULL DEFAULT 1,
    floor_revision  bigint NOT NULL DEFAULT 0,  -- sync tokens below this have lost their tombstones
    changed_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (business_id, id),
    UNIQUE NULLS NOT DISTINCT (business_id, kind, staff_member_id, detail)
);

-- Our own SEQUENCE and DTSTAMP of a booking's event; the booking app keeps none.
CREATE TABLE daybridge.event_revisions (
    business_id bigint NOT NULL,
    booking_id  bigint NOT NULL,
    fingerprint text   NOT NULL,
    sequence    integer NOT NULL DEFAULT 0,
    modified_at timestamptz NOT NULL,
    PRIMARY KEY (business_id, booking_id)
);

-- Calendar objects as they are served: rendered once, when the booking changes. A deleted one stays as a tombstone.
CREATE TABLE daybridge.calendar_objects (
    business_id bigint NOT NULL,
    calendar_id bigint NOT NULL,
    href        text COLLATE "C" NOT NULL,
    uid         text   NOT NULL,
    booking_id  bigint,
    etag        text   NOT NULL,
    starts_at   timestamptz NOT NULL,
    ends_at     timestamptz NOT NULL,
    revision    bigint NOT NULL,
    deleted     boolean NOT NULL DEFAULT false,
    fingerprint text   NOT NULL,
    modified_at timestamptz NOT NULL,
    body        bytea  NOT NULL,
    PRIMARY KEY (business_id, calendar_id, href),
    UNIQUE (business_id, calendar_id, uid),
    FOREIGN KEY (business_id, calendar_id) REFERENCES daybridge.calendars (business_id, id) ON DELETE CASCADE
);
-- Bodies are small and read whole: uncompressed they cost disk, compressed they cost every reader.
ALTER TABLE daybridge.calendar_objects ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE INDEX calendar_objects_by_revision ON daybridge.calendar_objects (business_id, calendar_id, revision);
CREATE INDEX calendar_objects_by_booking ON daybridge.calendar_objects (business_id, booking_id);
CREATE INDEX calendar_objects_by_time ON daybridge.calendar_objects (business_id, calendar_id, starts_at, ends_at)
    WHERE NOT deleted;
-- For depth-1 listings and first syncs: answered from the index, without a visit to the bodies.
CREATE INDEX calendar_objects_listing ON daybridge.calendar_objects (business_id, calendar_id)
    INCLUDE (href, etag) WHERE NOT deleted;

-- What a person's calendar app keeps about a calendar (colour, order, name, alarms): theirs alone.
CREATE TABLE daybridge.calendar_properties (
    business_id     bigint NOT NULL,
    calendar_id     bigint NOT NULL,
    staff_member_id bigint NOT NULL,
    name            text   NOT NULL,  -- in Clark notation, {namespace}local
    value           text   NOT NULL,  -- the whole XML element
    PRIMARY KEY (business_id, calendar_id, staff_member_id, name),
    FOREIGN KEY (business_id, calendar_id) REFERENCES daybridge.calendars (business_id, id) ON DELETE CASCADE
);

-- One for each device. The selector, the password's first group, finds the row; the rest is kept as an argon2 hash.
CREATE TABLE daybridge.app_passwords (
    business_id     bigint NOT NULL,
    id              bigint GENERATED ALWAYS AS IDENTITY,
    staff_member_id bigint NOT NULL,
    label           text   NOT NULL,
    selector        text   NOT NULL,
    secret_hash     text   NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT now(),
    last_used_at    timestamptz,
    revoked_at      timestamptz,
    PRIMARY KEY (business_id, id)
);
CREATE INDEX app_passwords_by_selector ON daybridge.app_passwords (selector) WHERE revoked_at IS NULL;
CREATE INDEX app_passwords_by_staff ON daybridge.app_passwords (business_id, staff_member_id);

-- Secret addresses of calendars; only the SHA-256 of the token is kept.
CREATE TABLE daybridge.feeds (
    business_id     bigint NOT NULL,
    id              bigint GENERATED ALWAYS AS IDENTITY,
    calendar_id     bigint NOT NULL,
    staff_member_id bigint,
    label           text   NOT NULL,
    token_hash      bytea  NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT now(),
    last_used_at    timestamptz,
    revoked_at      timestamptz,
    PRIMARY KEY (business_id, id),
    FOREIGN KEY (business_id, calendar_id) REFERENCES daybridge.calendars (business_id, id) ON DELETE CASCADE
);
CREATE INDEX feeds_by_token ON daybridge.feeds (token_hash) WHERE revoked_at IS NULL;

-- Keys of the booking app; only the SHA-256 is kept, and the first letters to tell them apart.
CREATE TABLE daybridge.api_keys (
    business_id  bigint NOT NULL,
    id           bigint GENERATED ALWAYS AS IDENTITY,
    label        text   NOT NULL,
    prefix       text   NOT NULL,
    token_hash   bytea  NOT NULL,
    scope        text   NOT NULL CHECK (scope IN ('read', 'write')),
    created_at   timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz,
    revoked_at   timestamptz,
    PRIMARY KEY (business_id, id)
);
CREATE INDEX api_keys_by_token ON daybridge.api_keys (token_hash) WHERE revoked_at IS NULL;

-- One-time ways into the pages; only the SHA-256 of the token is kept.
CREATE TABLE daybridge.sign_in_links (
    business_id     bigint NOT NULL,
    id              bigint GENERATED ALWAYS AS IDENTITY,
    staff_member_id bigint NOT NULL,
    token_hash      bytea  NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT now(),
    expires_at      timestamptz NOT NULL,
    used_at         timestamptz,
    PRIMARY KEY (business_id, id)
);
CREATE INDEX sign_in_links_by_token ON daybridge.sign_in_links (token_hash) WHERE used_at IS NULL;

-- Row-level security: the application's role sees the tenant of its transaction, and nothing else.
DO $$
DECLARE
    kept text;
BEGIN
    FOREACH kept IN ARRAY ARRAY['tenants', 'outbox', 'calendars', 'event_revisions', 'calendar_objects',
                                'calendar_properties', 'app_passwords', 'feeds', 'api_keys', 'sign_in_links'] LOOP
        EXECUTE format('ALTER TABLE daybridge.%I ENABLE ROW LEVEL SECURITY', kept);
        EXECUTE format('CREATE POLICY tenant ON daybridge.%I TO daybridge_app
                        USING (business_id = daybridge.tenant()) WITH CHECK (business_id = daybridge.tenant())', kept);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON daybridge.%I TO daybridge_app', kept);
    END LOOP;
END $$;
GRANT USAGE ON SCHEMA daybridge TO daybridge_app;
GRANT SELECT ON daybridge.installation TO daybridge_app;
REVOKE ALL ON FUNCTION daybridge.tenant() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION daybridge.tenant() TO daybridge_app;

-- The only look-ups before a tenant is known: who holds this credential, and who has work waiting. They run as the
-- schema's owner, and give out nothing but what the question already named.
CREATE FUNCTION daybridge.app_passwords_by_selector(asked text)
    RETURNS TABLE (business_id bigint, id bigint, staff_member_id bigint, secret_hash text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT p.business_id, p.id, p.staff_member_id, p.secret_hash
    FROM daybridge.app_passwords p
    WHERE p.selector = asked AND p.revoked_at IS NULL
    LIMIT 8
$$;

CREATE FUNCTION daybridge.holder_of_token(kind text, asked bytea)
    RETURNS TABLE (business_id bigint, id bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT f.business_id, f.id FROM daybridge.feeds f
    WHERE kind = 'feed' AND f.token_hash = asked AND f.revoked_at IS NULL
    UNION ALL
    SELECT k.business_id, k.id FROM daybridge.api_keys k
    WHERE kind = 'api_key' AND k.token_hash = asked AND k.revoked_at IS NULL
    UNION ALL
    SELECT l.business_id, l.id FROM daybridge.sign_in_links l
    WHERE kind = 'sign_in_link' AND l.token_hash = asked AND l.used_at IS NULL AND l.expires_at > now()
    LIMIT 1
$$;

CREATE FUNCTION daybridge.businesses_waiting(most integer)
    RETURNS TABLE (business_id bigint, noted_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH RECURSIVE waiting AS (
        (SELECT o.business_id, o.noted_at FROM daybridge.outbox o ORDER BY o.business_id, o.id LIMIT 1)
        UNION ALL
        SELECT following.business_id, following.noted_at
        FROM waiting
        CROSS JOIN LATERAL (SELECT o.business_id, o.noted_at FROM daybridge.outbox o
                            WHERE o.business_id > waiting.business_id ORDER BY o.business_id, o.id LIMIT 1) following
    )
    SELECT w.business_id, w.noted_at FROM waiting w ORDER BY w.noted_at LIMIT most
$$;

REVOKE ALL ON FUNCTION daybridge.app_passwords_by_selector(text) FROM PUBLIC;
REVOKE ALL ON FUNCTION daybridge.holder_of_token(text, bytea) FROM PUBLIC;
REVOKE ALL ON FUNCTION daybridge.businesses_waiting(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION daybridge.app_passwords_by_selector(text) TO daybridge_app;
GRANT EXECUTE ON FUNCTION daybridge.holder_of_token(text, bytea) TO daybridge_app;
GRANT EXECUTE ON FUNCTION daybridge.businesses_waiting(integer) TO daybridge_app;
