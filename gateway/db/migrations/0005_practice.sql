-- Practice calendars: accounts of a provider that is only played, here in the database, for those who want to see a
-- connected calendar at work before they connect one of their own. Everything in them is invented.

-- Each change moves `revision` on by one, under the row's lock; so nothing that is committed is ever missed by who reads
-- from a revision on. What was changed up to `floor_revision` can't be told any more.
CREATE TABLE daybridge.practice_calendars (
    business_id    bigint NOT NULL,
    account        text NOT NULL,
    id             text NOT NULL,  -- of the account's main calendar: the account itself
    name           text NOT NULL,
    zone           text NOT NULL,
    writable       boolean NOT NULL DEFAULT true,
    revision       bigint NOT NULL DEFAULT 0,
    floor_revision bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (business_id, account, id)
);

-- An event stays when it is deleted, without its content: its id is never given again.
CREATE TABLE daybridge.practice_events (
    business_id bigint NOT NULL,
    account     text NOT NULL,
    calendar_id text NOT NULL,
    id          text NOT NULL,
    series      text NOT NULL,  -- the event that this is an instance of; else itself
    revision    bigint NOT NULL,
    etag        text NOT NULL GENERATED ALWAYS AS ('"' || revision::text || '"') STORED,
    deleted     boolean NOT NULL DEFAULT false,
    tag         text NOT NULL DEFAULT '',
    content     jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (business_id, account, calendar_id, id),
    FOREIGN KEY (business_id, account, calendar_id) REFERENCES daybridge.practice_calendars (business_id, account, id)
        ON DELETE CASCADE
);
CREATE INDEX practice_events_by_revision
    ON daybridge.practice_events (business_id, account, calendar_id, revision, id);

-- What lets somebody into an account: a code, spent once before it expires, and what is given for it, which doesn't.
CREATE TABLE daybridge.practice_grants (
    business_id bigint NOT NULL,
    token_hash  bytea NOT NULL,
    account     text NOT NULL,
    challenge   text NOT NULL DEFAULT '',  -- of a code: who may spend it, and where it was sent
    redirect    text NOT NULL DEFAULT '',
    expires_at  timestamptz,               -- of a code
    PRIMARY KEY (business_id, token_hash)
);

DO $$
DECLARE
    kept text;
BEGIN
    FOREACH kept IN ARRAY ARRAY['practice_calendars', 'practice_events', 'practice_grants'] LOOP
        EXECUTE format('ALTER TABLE daybridge.%I ENABLE ROW LEVEL SECURITY', kept);
        EXECUTE format('CREATE POLICY tenant ON daybridge.%I TO daybridge_app
                        USING (business_id = daybridge.tenant()) WITH CHECK (business_id = daybridge.tenant())', kept);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON daybridge.%I TO daybridge_app', kept);
    END LOOP;
END $$;
