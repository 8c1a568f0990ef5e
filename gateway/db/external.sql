-- name: keep
-- Events as they were told just now. The time that they take is held separately.
INSERT INTO daybridge.external_calendar_events AS e
    (business_id, connection_id, calendar_id, staff_member_id, event_key, series_key, starts_at, ends_at, times, showing,
     reply, title, unknown_zone, round)
SELECT %(business_id)s::bigint, %(connection_id)s::bigint, %(calendar_id)s::bigint, %(staff_id)s::bigint, t.event_key,
       t.series_key, %(now)s::timestamptz, %(now)s::timestamptz, t.times, t.showing, t.reply, t.title, t.unknown_zone,
       %(round)s::bigint
FROM unnest(%(event_keys)s::text[], %(series_keys)s::text[], %(times)s::bytea[], %(showings)s::text[],
            %(replies)s::text[], %(titles)s::text[], %(unknown_zones)s::text[])
     AS t (event_key, series_key, times, showing, reply, title, unknown_zone)
ON CONFLICT (business_id, calendar_id, event_key) DO UPDATE
SET series_key = EXCLUDED.series_key, times = EXCLUDED.times, showing = EXCLUDED.showing, reply = EXCLUDED.reply,
    title = EXCLUDED.title, unknown_zone = EXCLUDED.unknown_zone, round = EXCLUDED.round,
    staff_member_id = EXCLUDED.staff_member_id;

-- name: series
-- All parts of some series, the first part first.
SELECT id, event_key, series_key, times, showing, reply
FROM daybridge.external_calendar_events
WHERE business_id = %(business_id)s::bigint AND calendar_id = %(calendar_id)s::bigint
  AND series_key = ANY (%(series_keys)s::text[])
ORDER BY series_key, event_key <> series_key, id;

-- name: remove
-- With the time that they took.
WITH gone AS (
    DELETE FROM daybridge.external_calendar_events
    WHERE business_id = %(business_id)s::bigint AND calendar_id = %(calendar_id)s::bigint
      AND (event_key = ANY (%(event_keys)s::text[]) OR series_key = ANY (%(event_keys)s::text[]))
    RETURNING id, series_key
), freed AS (
    DELETE FROM daybridge.busy b USING gone
    WHERE b.business_id = %(business_id)s::bigint AND b.source = 'external' AND b.source_id = gone.id
)
SELECT DISTINCT series_key FROM gone;

-- name: remove_parts
-- Parts of series that are told whole, and of which these parts are all that is left.
WITH gone AS (
    DELETE FROM daybridge.external_calendar_events
    WHERE business_id = %(business_id)s::bigint AND calendar_id = %(calendar_id)s::bigint
      AND series_key = ANY (%(series_keys)s::text[]) AND event_key <> ALL (%(event_keys)s::text[])
    RETURNING id
)
DELETE FROM daybridge.busy b USING gone
WHERE b.business_id = %(business_id)s::bigint AND b.source = 'external' AND b.source_id = gone.id;

-- name: kept
SELECT event_key FROM daybridge.external_calendar_events
WHERE business_id = %(business_id)s::bigint AND calendar_id = %(calendar_id)s::bigint
  AND event_key = ANY (%(event_keys)s::text[]);

-- name: known
-- Which of these are there, with what is held of them still to come.
SELECT event_key FROM daybridge.external_calendar_events
WHERE business_id = %(business_id)s::bigint AND calendar_id = %(calendar_id)s::bigint
  AND event_key = ANY (%(event_keys)s::text[]) AND ends_at > %(now)s::timestamptz;

-- name: unseen
-- What a whole reading has not shown.
SELECT event_key, ends_at > %(now)s::timestamptz FROM daybridge.external_calendar_events
WHERE business_id = %(business_id)s::bigint AND calendar_id = %(calendar_id)s::bigint AND round < %(round)s::bigint;

-- name: unseen_instances
-- Instances that differ from their series and were not shown, while the series was.
SELECT e.id, e.event_key, e.series_key, e.times, e.showing, e.reply
FROM daybridge.external_calendar_events e
JOIN daybridge.external_calendar_events main
  ON main.business_id = %(business_id)s::bigint AND main.calendar_id = %(calendar_id)s::bigint
     AND main.event_key = e.series_key AND main.round >= %(round)s::bigint
WHERE e.business_id = %(business_id)s::bigint AND e.calendar_id = %(calendar_id)s::bigint
  AND e.round < %(round)s::bigint AND e.series_key <> e.event_key;

-- name: count
SELECT count(*) FROM daybridge.external_calendar_events
WHERE business_id = %(business_id)s::bigint AND calendar_id = %(calendar_id)s::bigint AND ends_at > %(now)s::timestamptz;

-- name: hold
-- The time that these series take, each under its first part, and no other.
WITH told AS (
    SELECT * FROM unnest(%(ids)s::bigint[], %(firsts)s::timestamptz[], %(lasts)s::timestamptz[],
                         %(until)s::timestamptz[], %(problems)s::text[]) AS t (id, first, last, until, problem)
)
UPDATE daybridge.external_calendar_events e
SET starts_at = told.first, ends_at = told.last, expanded_until = told.until, problem = told.problem
FROM told WHERE e.business_id = %(business_id)s::bigint AND e.id = told.id;

-- name: release
DELETE FROM daybridge.busy
WHERE business_id = %(business_id)s::bigint AND source = 'external' AND source_id = ANY (%(ids)s::bigint[]);

-- name: take
INSERT INTO daybridge.busy (business_id, staff_member_id, source, source_id, instance, during, session)
SELECT %(business_id)s::bigint, %(staff_id)s::bigint, 'external', s.id,
       row_number() OVER (PARTITION BY s.id ORDER BY s.starts_at, s.ends_at), tstzrange(s.starts_at, s.ends_at),
       'external ' || s.id
FROM unnest(%(ids)s::bigint[], %(starts)s::timestamptz[], %(ends)s::timestamptz[]) AS s (id, starts_at, ends_at)
WHERE s.ends_at > s.starts_at;

-- name: growing
-- Series that recur for ever and are held only up to a moment.
SELECT DISTINCT e.calendar_id, e.series_key
FROM daybridge.external_calendar_events e
WHERE e.business_id = %(business_id)s::bigint AND e.connection_id = %(connection_id)s::bigint
  AND e.expanded_until < %(before)s::timestamptz
LIMIT %(most)s::int;

-- name: all_series
SELECT DISTINCT e.calendar_id, e.series_key
FROM daybridge.external_calendar_events e
WHERE e.business_id = %(business_id)s::bigint AND e.connection_id = %(connection_id)s::bigint
ORDER BY 1, 2;

-- name: clear
WITH gone AS (
    DELETE FROM daybridge.external_calendar_events
    WHERE business_id = %(business_id)s::bigint AND calendar_id = %(calendar_id)s::bigint RETURNING id
)
DELETE FROM daybridge.busy b USING gone
WHERE b.business_id = %(business_id)s::bigint AND b.source = 'external' AND b.source_id = gone.id;

-- name: told
-- What is known of the events that lie ahead in a calendar.
SELECT event_key, title, starts_at, ends_at, unknown_zone, problem
FROM daybridge.external_calendar_events
WHERE business_id = %(business_id)s::bigint AND calendar_id = %(calendar_id)s::bigint AND ends_at > %(now)s::timestamptz
ORDER BY starts_at LIMIT %(most)s::int;

-- name: blocked
-- How many stretches of time the events of a calendar take between two moments.
SELECT count(*) FROM daybridge.external_calendar_events e
JOIN daybridge.busy b ON b.business_id = %(business_id)s::bigint AND b.source = 'external' AND b.source_id = e.id
WHERE e.business_id = %(business_id)s::bigint AND e.calendar_id = %(calendar_id)s::bigint
  AND b.during && tstzrange(%(since)s::timestamptz, %(until)s::timestamptz);

-- name: forget_titles
UPDATE daybridge.external_calendar_events SET title = ''
WHERE business_id = %(business_id)s::bigint AND connection_id = %(connection_id)s::bigint AND title <> '';
