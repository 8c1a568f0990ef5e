-- name: keep
UPDATE daybridge.calendar_connections SET tested_at = %(now)s::timestamptz, test = %(test)s::jsonb
WHERE business_id = %(business_id)s::bigint AND id = %(id)s::bigint;

-- name: last
SELECT tested_at, test FROM daybridge.calendar_connections
WHERE business_id = %(business_id)s::bigint AND id = %(id)s::bigint AND tested_at IS NOT NULL;

-- name: failed
-- Of all businesses, as the schema's owner: what the last tests found wrong, how often.
SELECT step ->> 'words', count(*)::int
FROM daybridge.calendar_connections k CROSS JOIN LATERAL jsonb_array_elements(k.test) step
WHERE k.closed_at IS NULL AND k.tested_at IS NOT NULL AND (step ->> 'ok') = 'false'
GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 5;
