-- Browsers that somebody is signed in with: each can be signed out from any other. `key_hash` is what the cookie has to
-- match; it is exchanged daily, and the one before counts for a moment more, for requests that are on their way.
CREATE TABLE daybridge.browsers (
    business_id     bigint NOT NULL,
    id              bigint GENERATED ALWAYS AS IDENTITY,
    staff_member_id bigint NOT NULL,
    name            text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    key_hash        bytea NOT NULL,
    former_hash     bytea,
    opened_at       timestamptz NOT NULL,
    turned_at       timestamptz NOT NULL,
    seen_at         timestamptz NOT NULL,
    PRIMARY KEY (business_id, id)
);
CREATE INDEX browsers_of_staff ON daybridge.browsers (business_id, staff_member_id, seen_at DESC);

ALTER TABLE daybridge.browsers ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON daybridge.browsers TO daybridge_app
    USING (business_id = daybridge.tenant()) WITH CHECK (business_id = daybridge.tenant());
GRANT SELECT, INSERT, UPDATE, DELETE ON daybridge.browsers TO daybridge_app;

-- No link lets two people in, whoever made it.
CREATE UNIQUE INDEX sign_in_links_once ON daybridge.sign_in_links (business_id, token_hash);
