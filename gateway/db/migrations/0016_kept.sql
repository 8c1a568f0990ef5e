-- What the provider of an event wants to know of a version that it wrote itself; empty of any other version.
ALTER TABLE daybridge.calendar_event_mappings ADD COLUMN kept text NOT NULL DEFAULT '';
