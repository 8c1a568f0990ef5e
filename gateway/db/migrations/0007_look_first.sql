-- A connection that its owner has not agreed to yet (`connected_at` is NULL though it is let in) does nothing: it is not
-- served, and shown is what it would change. As before, otherwise.
CREATE OR REPLACE FUNCTION daybridge.queue_connections(at_ timestamptz, poll interval, patience interval, most integer)
    RETURNS TABLE (business_id bigint, connection_id bigint)
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH due AS (
        SELECT k.business_id, k.id,
               row_number() OVER (PARTITION BY k.business_id ORDER BY k.served_at NULLS FIRST, k.id) AS turn, k.served_at
        FROM daybridge.calendar_connections k
        WHERE k.sealed IS NOT NULL AND k.connected_at IS NOT NULL AND k.closed_at IS NULL AND k.refused_at IS NULL
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
