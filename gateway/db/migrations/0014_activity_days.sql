-- The lines of one day, however long ago it was.
CREATE INDEX calendar_sync_logs_by_time ON daybridge.calendar_sync_logs (business_id, happened_at);
