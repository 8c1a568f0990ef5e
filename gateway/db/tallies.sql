-- name: add
INSERT INTO daybridge.calendar_tallies AS t (business_id, hour, provider, well, failed, waits)
VALUES (%(business_id)s::bigint, date_trunc('hour', %(now)s::timestamptz), %(provider)s, %(well)s, %(failed)s,
        %(waits)s::int[])
ON CONFLICT (business_id, hour, provider) DO UPDATE
SET well = t.well + EXCLUDED.well, failed = t.failed + EXCLUDED.failed,
    waits = CASE WHEN EXCLUDED.waits = '{}' THEN t.waits
                 ELSE ARRAY(SELECT coalesce(had, 0) + coalesce(more, 0)
                            FROM unnest(t.waits, EXCLUDED.waits) WITH ORDINALITY u (had, more, place) ORDER BY place) END;

-- name: since
SELECT provider, hour, well, failed, waits FROM daybridge.calendar_tallies
WHERE business_id = %(business_id)s::bigint AND hour >= %(since)s::timestamptz
ORDER BY provider, hour;

-- name: prune
DELETE FROM daybridge.calendar_tallies
WHERE business_id = %(business_id)s::bigint AND hour < %(before)s::timestamptz;
