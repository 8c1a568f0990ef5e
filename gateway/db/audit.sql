-- name: businesses
-- Those that the app has, and those that we have met.
SELECT id FROM public.businesses UNION SELECT business_id FROM daybridge.tenants ORDER BY 1;

-- name: stored_objects
-- What is stored of each booking's events, besides the bytes. (An epoch can say infinity, a datetime can't.)
SELECT calendar_id, booking_id, href, uid, etag, extract(epoch FROM starts_at)::float8,
       extract(epoch FROM ends_at)::float8, fingerprint
FROM daybridge.calendar_objects
WHERE business_id = %(business_id)s::bigint AND booking_id = ANY (%(ids)s::bigint[]) AND NOT deleted;

-- name: free_uids
-- A UID stands once in a calendar: objects of a name that no booking has let go of theirs before they are buried.
UPDATE daybridge.calendar_objects o SET uid = o.uid || '#' || o.href
FROM unnest(%(calendar_ids)s::bigint[], %(hrefs)s::text[]) AS s (calendar_id, href)
WHERE o.business_id = %(business_id)s::bigint AND o.calendar_id = s.calendar_id AND o.href = s.href;

-- name: spoilt_objects
-- Objects whose bytes are not those that their ETag was made from.
SELECT calendar_id, href FROM daybridge.calendar_objects
WHERE business_id = %(business_id)s::bigint AND NOT deleted
  AND etag IS DISTINCT FROM '"' || left(encode(sha256(body), 'hex'), 32) || '"'
ORDER BY calendar_id, href;

-- name: spoil_objects
-- Have these written anew: no event has an empty fingerprint.
UPDATE daybridge.calendar_objects SET fingerprint = ''
WHERE business_id = %(business_id)s::bigint AND NOT deleted
  AND etag IS DISTINCT FROM '"' || left(encode(sha256(body), 'hex'), 32) || '"';

-- name: calendars_astray
-- Calendars that don't admit to what they hold: readers would never be told of it, or of nothing at all.
SELECT c.id, greatest(c.revision, max(o.revision)) FROM daybridge.calendars c
LEFT JOIN daybridge.calendar_objects o ON o.business_id = c.business_id AND o.calendar_id = c.id
WHERE c.business_id = %(business_id)s::bigint
GROUP BY c.id, c.revision, c.floor_revision
HAVING max(o.revision) > c.revision OR c.floor_revision > c.revision
ORDER BY c.id;

-- name: begin_anew
-- Revisions may have been given out twice, so that no token from before can be trusted: readers start over.
UPDATE daybridge.calendars
SET epoch = replace(gen_random_uuid()::text, '-', ''), revision = %(revision)s::bigint,
    floor_revision = least(floor_revision, %(revision)s::bigint), changed_at = clock_timestamp()
WHERE business_id = %(business_id)s::bigint AND id = %(calendar_id)s::bigint;
