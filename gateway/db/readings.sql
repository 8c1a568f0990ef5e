-- name: calendars
SELECT id, remote_id, name, zone, writable, main, listed, blocks, receives, cursor, round, imported, read_at,
       read_whole_at
FROM daybridge.connection_calendars
WHERE business_id = %(business_id)s::bigint AND connection_id = %(connection_id)s::bigint
ORDER BY main DESC, name, id;

-- name: list_calendars
-- The account's calendars as it has them now. What it no longer has stays, for its time is still held; of those that
-- are read only the one that was found to be `gone` counts as such. One that is back is read from its start.
WITH told AS (
    SELECT * FROM unnest(%(remote_ids)s::text[], %(names)s::text[], %(zones)s::text[], %(writable)s::boolean[],
                         %(main)s::boolean[]) AS t (remote_id, name, zone, writable, main)
), gone AS (
    UPDATE daybridge.connection_calendars SET listed = false
    WHERE business_id = %(business_id)s::bigint AND connection_id = %(connection_id)s::bigint
      AND remote_id <> ALL (%(remote_ids)s::text[]) AND (NOT (blocks OR receives) OR id = %(gone)s::bigint)
)
INSERT INTO daybridge.connection_calendars AS c (business_id, connection_id, remote_id, name, zone, writable, main)
SELECT %(business_id)s::bigint, %(connection_id)s::bigint, t.* FROM told t
ON CONFLICT (business_id, connection_id, remote_id) DO UPDATE
SET name = EXCLUDED.name, zone = EXCLUDED.zone, writable = EXCLUDED.writable, main = EXCLUDED.main, listed = true,
    cursor = CASE WHEN c.listed THEN c.cursor ELSE '' END, read_at = CASE WHEN c.listed THEN c.read_at END;

-- name: choose
-- Which calendars block time and which one receives bookings. A calendar that begins to matter is read from its start.
UPDATE daybridge.connection_calendars
SET blocks = id = ANY (%(blocks)s::bigint[]), receives = id IS NOT DISTINCT FROM %(receives)s::bigint,
    cursor = CASE WHEN NOT (blocks OR receives) OR id = ANY (%(blocks)s::bigint[]) AND NOT blocks THEN '' ELSE cursor END,
    read_at = CASE WHEN NOT (blocks OR receives) OR id = ANY (%(blocks)s::bigint[]) AND NOT blocks THEN NULL
                   ELSE read_at END
WHERE business_id = %(business_id)s::bigint AND connection_id = %(connection_id)s::bigint
  AND (blocks, receives) IS DISTINCT FROM
      (id = ANY (%(blocks)s::bigint[]), id IS NOT DISTINCT FROM %(receives)s::bigint);

-- name: stop_receiving
-- So that no two receive at once, for a moment, when another one begins to.
UPDATE daybridge.connection_calendars SET receives = false
WHERE business_id = %(business_id)s::bigint AND connection_id = %(connection_id)s::bigint
  AND receives AND id IS DISTINCT FROM %(receives)s::bigint;

-- name: read_anew
UPDATE daybridge.connection_calendars SET cursor = ''
WHERE business_id = %(business_id)s::bigint AND connection_id = %(connection_id)s::bigint;

-- name: begin_round
UPDATE daybridge.connection_calendars SET round = round + 1, imported = 0, cursor = ''
WHERE business_id = %(business_id)s::bigint AND id = %(id)s::bigint RETURNING round;

-- name: count_imported
UPDATE daybridge.connection_calendars SET imported = imported + %(count)s::int
WHERE business_id = %(business_id)s::bigint AND id = %(id)s::bigint;

-- name: end_round
UPDATE daybridge.connection_calendars
SET cursor = %(cursor)s, read_at = %(now)s::timestamptz,
    read_whole_at = CASE WHEN %(whole)s THEN %(now)s::timestamptz ELSE read_whole_at END
WHERE business_id = %(business_id)s::bigint AND id = %(id)s::bigint;
