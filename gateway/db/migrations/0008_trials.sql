-- What came of the last time that somebody had a calendar tested.
ALTER TABLE daybridge.calendar_connections ADD COLUMN tested_at timestamptz, ADD COLUMN test jsonb;
