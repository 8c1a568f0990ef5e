-- What happened, newest first: by person, and by the account that a line is about.

-- A column of its own, since the rules of row-level security keep an index over an expression from being used.
ALTER TABLE daybridge.calendar_sync_logs
    ADD COLUMN connection_id bigint GENERATED ALWAYS AS ((after ->> 'connection_id')::bigint) STORED;

CREATE INDEX calendar_sync_logs_by_staff ON daybridge.calendar_sync_logs (business_id, staff_member_id, id);
CREATE INDEX calendar_sync_logs_by_connection ON daybridge.calendar_sync_logs (business_id, connection_id, id)
    WHERE connection_id IS NOT NULL;
-- What people did in connected accounts says which account by its owner's name.
CREATE INDEX calendar_sync_logs_of_accounts ON daybridge.calendar_sync_logs (business_id, id) WHERE via = 'provider';
