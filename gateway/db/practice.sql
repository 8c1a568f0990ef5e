-- name: open_calendar
INSERT INTO daybridge.practice_calendars (business_id, account, id, name, zone, writable)
VALUES (%(business_id)s::bigint, %(account)s, %(calendar)s, %(name)s, %(zone)s, %(writable)s)
ON CONFLICT DO NOTHING;

-- name: calendars
-- The main one first.
SELECT id, name, zone, writable, id = account FROM daybridge.practice_calendars
WHERE business_id = %(business_id)s::bigint AND account = %(account)s ORDER BY id = account DESC, name, id;

-- name: begin
-- The next revision, and the calendar's row lock until the transaction ends.
UPDATE daybridge.practice_calendars SET revision = revision + 1
WHERE business_id = %(business_id)s::bigint AND account = %(account)s AND id = %(calendar)s
RETURNING revision, writable;

-- name: standing
SELECT revision, floor_revision FROM daybridge.practice_calendars
WHERE business_id = %(business_id)s::bigint AND account = %(account)s AND id = %(calendar)s;

-- name: expire
UPDATE daybridge.practice_calendars SET revision = revision + 1, floor_revision = revision + 1
WHERE business_id = %(business_id)s::bigint AND account = %(account)s AND id = %(calendar)s;

-- name: event
SELECT id, etag, series, tag, revision, deleted, content FROM daybridge.practice_events
WHERE business_id = %(business_id)s::bigint AND account = %(account)s AND calendar_id = %(calendar)s AND id = %(id)s;

-- name: events
SELECT id, etag, series, tag, revision, deleted, content FROM daybridge.practice_events
WHERE business_id = %(business_id)s::bigint AND account = %(account)s AND calendar_id = %(calendar)s AND NOT deleted
ORDER BY id;

-- name: since
-- What was changed after a place in the order of changes; of all that there is (`whole`), only what is still there.
SELECT id, etag, series, tag, revision, deleted, content FROM daybridge.practice_events
WHERE business_id = %(business_id)s::bigint AND account = %(account)s AND calendar_id = %(calendar)s
  AND (revision, id) > (%(revision)s::bigint, %(id)s) AND NOT (deleted AND %(whole)s)
ORDER BY revision, id LIMIT %(most)s::int;

-- name: write
INSERT INTO daybridge.practice_events (business_id, account, calendar_id, id, series, revision, tag, content)
VALUES (%(business_id)s::bigint, %(account)s, %(calendar)s, %(id)s, %(series)s, %(revision)s::bigint, %(tag)s,
        %(content)s::jsonb)
ON CONFLICT (business_id, account, calendar_id, id) DO UPDATE
SET series = EXCLUDED.series, revision = EXCLUDED.revision, deleted = false, tag = EXCLUDED.tag,
    content = EXCLUDED.content
RETURNING etag;

-- name: remove
-- An event with its instances; or (`parts`) these alone.
UPDATE daybridge.practice_events SET revision = %(revision)s::bigint, deleted = true, tag = '', content = '{}'
WHERE business_id = %(business_id)s::bigint AND account = %(account)s AND calendar_id = %(calendar)s
  AND (id = %(id)s OR series = %(id)s) AND NOT deleted AND NOT (id = %(id)s AND %(parts)s);

-- name: let_in
INSERT INTO daybridge.practice_grants (business_id, token_hash, account, challenge, redirect, expires_at)
VALUES (%(business_id)s::bigint, %(token_hash)s, %(account)s, %(challenge)s, %(redirect)s,
        %(expires_at)s::timestamptz);

-- name: forget_codes
DELETE FROM daybridge.practice_grants
WHERE business_id = %(business_id)s::bigint AND expires_at < %(now)s::timestamptz;

-- name: spend
-- Whatever comes of it, it can't be used again.
DELETE FROM daybridge.practice_grants
WHERE business_id = %(business_id)s::bigint AND token_hash = %(token_hash)s AND expires_at IS NOT NULL
RETURNING account, challenge, redirect, expires_at;

-- name: holder
SELECT account FROM daybridge.practice_grants
WHERE business_id = %(business_id)s::bigint AND token_hash = %(token_hash)s AND expires_at IS NULL;

-- name: shut_out
DELETE FROM daybridge.practice_grants
WHERE business_id = %(business_id)s::bigint AND token_hash = %(token_hash)s AND expires_at IS NULL;
