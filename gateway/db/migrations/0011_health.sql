-- How well the accounts of a business are kept in step, for its managers' charts.

ALTER TABLE daybridge.calendar_event_mappings
    ADD COLUMN wanted_at timestamptz;  -- since when a booking's change waits; NULL: none does, or it isn't one of a booking

-- One row for an hour and a provider: how often what we asked of it went through, how often not, and how long bookings'
-- changes took to get there (how many by each bound of core/health.py).
CREATE TABLE daybridge.calendar_tallies (
    business_id bigint NOT NULL,
    hour        timestamptz NOT NULL,
    provider    text NOT NULL,
    well        integer NOT NULL DEFAULT 0,
    failed      integer NOT NULL DEFAULT 0,
    waits       integer[] NOT NULL DEFAULT '{}',
    PRIMARY KEY (business_id, hour, provider)
);

ALTER TABLE daybridge.calendar_tallies ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON daybridge.calendar_tallies TO daybridge_app
    USING (business_id = daybridge.tenant()) WITH CHECK (business_id = daybridge.tenant());
GRANT SELECT, INSERT, UPDATE, DELETE ON daybridge.calendar_tallies TO daybridge_app;
