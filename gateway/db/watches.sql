-- name: of
SELECT w.id, w.resource, w.made_at, w.expires_at FROM daybridge.calendar_watches w
WHERE w.business_id = %(business_id)s::bigint AND w.calendar_id = %(calendar_id)s::bigint ORDER BY w.made_at DESC, w.id;

-- name: of_connection
SELECT w.id, w.resource, w.made_at, w.expires_at
FROM daybridge.calendar_watches w
JOIN daybridge.connection_calendars c ON c.business_id = %(business_id)s::bigint AND c.id = w.calendar_id
WHERE w.business_id = %(business_id)s::bigint AND c.connection_id = %(connection_id)s::bigint ORDER BY w.id;

-- name: add
INSERT INTO daybridge.calendar_watches (business_id, id, calendar_id, secret_hash, made_at, expires_at)
VALUES (%(business_id)s::bigint, %(id)s, %(calendar_id)s::bigint, %(secret_hash)s, %(now)s::timestamptz,
        %(expires_at)s::timestamptz);

-- name: promised
UPDATE daybridge.calendar_watches SET resource = %(resource)s, expires_at = %(expires_at)s::timestamptz
WHERE business_id = %(business_id)s::bigint AND id = %(id)s;

-- name: remove
DELETE FROM daybridge.calendar_watches WHERE business_id = %(business_id)s::bigint AND id = %(id)s;

-- name: heard
UPDATE daybridge.calendar_watches SET heard_at = %(now)s::timestamptz
WHERE business_id = %(business_id)s::bigint AND id = %(id)s;

-- name: heard_since
SELECT bool_or(coalesce(heard_at >= %(since)s::timestamptz, false)) FROM daybridge.calendar_watches
WHERE business_id = %(business_id)s::bigint AND calendar_id = %(calendar_id)s::bigint AND resource <> ''
HAVING count(*) > 0;

-- name: over
UPDATE daybridge.calendar_watches SET expires_at = least(expires_at, %(now)s::timestamptz)
WHERE business_id = %(business_id)s::bigint AND id = %(id)s;

-- name: by_id
SELECT business_id, connection_id, calendar_id, secret_hash FROM daybridge.watch_by_id(%(id)s);
