-- name: get
-- Connections with all that says how they stand; of one, of a staff member, of the business or of all.
SELECT k.id, k.staff_member_id, k.provider, k.account, k.account_key, k.detail, k.tentative_blocks, k.all_day_blocks,
       k.titles, k.sealed, k.leaving, k.approved, k.failures, k.pull_asked_at, k.pulled_at, k.listed_at,
       k.connected_at IS NOT NULL, k.closed_at, k.refused_at, k.stopped_at, k.not_before, k.paused_by_them,
       k.failing_since, c.read_at, coalesce(c.importing, false), coalesce(c.imported, 0), m.waiting
FROM daybridge.calendar_connections k
LEFT JOIN LATERAL (
    SELECT min(c.read_at) AS read_at, bool_or(c.read_at IS NULL) AS importing, sum(c.imported)::int AS imported
    FROM daybridge.connection_calendars c
    WHERE c.business_id = %(business_id)s::bigint AND c.connection_id = k.id AND c.listed AND (c.blocks OR c.receives)
) c ON true
CROSS JOIN LATERAL (
    SELECT count(*)::int AS waiting FROM daybridge.calendar_event_mappings m
    WHERE m.business_id = %(business_id)s::bigint AND m.connection_id = k.id AND (m.wanted > m.pushed OR m.look)
) m
WHERE k.business_id = %(business_id)s::bigint
  AND (%(id)s::bigint IS NULL OR k.id = %(id)s::bigint)
  AND (%(staff_id)s::bigint IS NULL OR k.staff_member_id = %(staff_id)s::bigint)
  AND (%(id)s::bigint IS NOT NULL OR k.closed_at IS NULL)
ORDER BY k.id;

-- name: by_account
SELECT id FROM daybridge.calendar_connections
WHERE business_id = %(business_id)s::bigint AND provider = %(provider)s AND account_key = %(account_key)s
  AND staff_member_id IS NOT DISTINCT FROM %(staff_id)s::bigint;

-- name: add
INSERT INTO daybridge.calendar_connections (business_id, staff_member_id, provider, account, account_key)
VALUES (%(business_id)s::bigint, %(staff_id)s::bigint, %(provider)s, %(account)s, %(account_key)s)
ON CONFLICT DO NOTHING RETURNING id;

-- name: open
-- Somebody has let us in, for the first time or again: settings, mappings and what was read stay as they are. `agreed`:
-- it begins to work, unless it does already.
UPDATE daybridge.calendar_connections
SET sealed = %(sealed)s, account = %(account)s,
    connected_at = CASE WHEN %(agreed)s THEN coalesce(connected_at, %(now)s::timestamptz) ELSE connected_at END,
    closed_at = NULL, refused_at = NULL, leaving = false, failures = 0, failing_since = NULL, last_error = '',
    not_before = NULL, paused_by_them = false, pull_asked_at = %(now)s::timestamptz, queued_at = NULL
WHERE business_id = %(business_id)s::bigint AND id = %(id)s::bigint;

-- name: agree
UPDATE daybridge.calendar_connections
SET connected_at = %(now)s::timestamptz, pull_asked_at = %(now)s::timestamptz, queued_at = NULL
WHERE business_id = %(business_id)s::bigint AND id = %(id)s::bigint AND connected_at IS NULL AND closed_at IS NULL;

-- name: set_rules
UPDATE daybridge.calendar_connections
SET detail = %(detail)s, tentative_blocks = %(tentative)s, all_day_blocks = %(all_day)s, titles = %(titles)s
WHERE business_id = %(business_id)s::bigint AND id = %(id)s::bigint;

-- name: take_lease
UPDATE daybridge.calendar_connections
SET lease = lease + 1, lease_until = %(until)s::timestamptz, queued_at = NULL, served_at = %(now)s::timestamptz
WHERE business_id = %(business_id)s::bigint AND id = %(id)s::bigint AND sealed IS NOT NULL AND closed_at IS NULL
  AND connected_at IS NOT NULL AND refused_at IS NULL AND (stopped_at IS NULL OR leaving)
  AND (lease_until IS NULL OR lease_until <= %(now)s::timestamptz)
  AND (not_before IS NULL OR not_before <= %(now)s::timestamptz)
RETURNING lease;

-- name: keep_lease
-- Held on to until the transaction ends, so that nobody takes it while something is written down.
UPDATE daybridge.calendar_connections SET lease_until = %(until)s::timestamptz
WHERE business_id = %(business_id)s::bigint AND id = %(id)s::bigint AND lease = %(lease)s::bigint;

-- name: release
-- Whatever was wrong before is not any more.
UPDATE daybridge.calendar_connections
SET lease_until = NULL, failures = 0, failing_since = NULL, last_error = '', not_before = NULL, paused_by_them = false
WHERE business_id = %(business_id)s::bigint AND id = %(id)s::bigint AND lease = %(lease)s::bigint;

-- name: failed
UPDATE daybridge.calendar_connections
SET failures = failures + 1, failing_since = coalesce(failing_since, %(now)s::timestamptz), last_error = %(error)s,
    not_before = %(not_before)s::timestamptz, paused_by_them = %(theirs)s, lease_until = NULL,
    refused_at = CASE WHEN %(refused)s THEN coalesce(refused_at, %(now)s::timestamptz) ELSE refused_at END
WHERE business_id = %(business_id)s::bigint AND id = %(id)s::bigint AND lease = %(lease)s::bigint;

-- name: postpone
-- Not our turn yet: nothing has failed.
UPDATE daybridge.calendar_connections
SET not_before = %(not_before)s::timestamptz, paused_by_them = false, lease_until = NULL
WHERE business_id = %(business_id)s::bigint AND id = %(id)s::bigint AND lease = %(lease)s::bigint;

-- name: pulled
UPDATE daybridge.calendar_connections SET pulled_at = %(began)s::timestamptz, approved = false
WHERE business_id = %(business_id)s::bigint AND id = %(id)s::bigint AND lease = %(lease)s::bigint;

-- name: seal
UPDATE daybridge.calendar_connections SET sealed = %(sealed)s
WHERE business_id = %(business_id)s::bigint AND id = %(id)s::bigint AND lease = %(lease)s::bigint;

-- name: stop
UPDATE daybridge.calendar_connections SET stopped_at = %(now)s::timestamptz, stop = %(stop)s::jsonb, approved = false
WHERE business_id = %(business_id)s::bigint AND id = %(id)s::bigint;

-- name: go_on
UPDATE daybridge.calendar_connections
SET stopped_at = NULL, stop = NULL, approved = %(approved)s, pull_asked_at = %(now)s::timestamptz, queued_at = NULL
WHERE business_id = %(business_id)s::bigint AND id = %(id)s::bigint AND stopped_at IS NOT NULL;

-- name: stop_found
SELECT stopped_at, stop FROM daybridge.calendar_connections
WHERE business_id = %(business_id)s::bigint AND id = %(id)s::bigint AND stopped_at IS NOT NULL;

-- name: called
-- Its provider says that something has changed there. Often that was us: who was served a moment ago is read a moment
-- later, and once for all that was written meanwhile.
UPDATE daybridge.calendar_connections
SET pull_asked_at = CASE WHEN pull_asked_at > %(now)s::timestamptz THEN pull_asked_at
                         ELSE greatest(%(now)s::timestamptz, served_at + %(moment)s::interval) END
WHERE business_id = %(business_id)s::bigint AND id = %(id)s::bigint AND closed_at IS NULL;

-- name: ask_pull
-- Somebody, or something, says that it should be read; at once, unless they asked us to stay away.
UPDATE daybridge.calendar_connections
SET pull_asked_at = %(now)s::timestamptz, queued_at = NULL,
    not_before = CASE WHEN %(now_please)s AND NOT paused_by_them THEN NULL ELSE not_before END
WHERE business_id = %(business_id)s::bigint AND id = %(id)s::bigint AND closed_at IS NULL;

-- name: leave
-- Who is at it at this moment has no say any more.
UPDATE daybridge.calendar_connections
SET leaving = true, queued_at = NULL, stopped_at = NULL, stop = NULL, lease = lease + 1, lease_until = NULL
WHERE business_id = %(business_id)s::bigint AND id = %(id)s::bigint AND closed_at IS NULL;

-- name: close
UPDATE daybridge.calendar_connections
SET sealed = NULL, closed_at = %(now)s::timestamptz, leaving = false, stopped_at = NULL, stop = NULL, lease_until = NULL,
    lease = lease + 1, refused_at = NULL
WHERE business_id = %(business_id)s::bigint AND id = %(id)s::bigint;

-- name: forget_undecided
-- Whoever was let in, and whose owner has neither agreed nor said no for so long, is let go.
UPDATE daybridge.calendar_connections SET sealed = NULL, closed_at = %(now)s::timestamptz, lease = lease + 1
WHERE business_id = %(business_id)s::bigint AND connected_at IS NULL AND sealed IS NOT NULL AND closed_at IS NULL
  AND pull_asked_at < %(before)s::timestamptz;

-- name: forget_readings
UPDATE daybridge.connection_calendars SET cursor = '', read_at = NULL, read_whole_at = NULL, imported = 0
WHERE business_id = %(business_id)s::bigint AND connection_id = %(connection_id)s::bigint;

-- name: listed
UPDATE daybridge.calendar_connections SET listed_at = %(now)s::timestamptz
WHERE business_id = %(business_id)s::bigint AND id = %(id)s::bigint;

-- name: move
-- What whole days were held in before, if that was another zone.
WITH before AS (
    SELECT held_in FROM daybridge.calendar_connections
    WHERE business_id = %(business_id)s::bigint AND id = %(id)s::bigint AND held_in <> %(zone)s FOR NO KEY UPDATE
)
UPDATE daybridge.calendar_connections SET held_in = %(zone)s FROM before
WHERE business_id = %(business_id)s::bigint AND id = %(id)s::bigint RETURNING before.held_in;

-- name: queue
SELECT business_id, connection_id
FROM daybridge.queue_connections(%(now)s::timestamptz, %(poll)s::interval, %(patience)s::interval, %(most)s::int);

-- name: spend
-- One place in the account's budget, and if there is one, one in that of all.
SELECT CASE WHEN own.wait > 0 THEN own.wait
            ELSE daybridge.spend(%(all)s, %(of_all)s::double precision, %(now)s::timestamptz) END
FROM (SELECT daybridge.spend(%(account)s, %(of_account)s::double precision, %(now)s::timestamptz) AS wait OFFSET 0) own;

-- name: default_connection
SELECT id FROM daybridge.calendar_connections
WHERE business_id = %(business_id)s::bigint AND staff_member_id = %(staff_id)s::bigint AND closed_at IS NULL
ORDER BY id LIMIT 1;

-- name: everyone
-- For operators, as the owner of the schema: every sealed grant.
SELECT business_id, id, sealed FROM daybridge.calendar_connections WHERE sealed IS NOT NULL ORDER BY 1, 2;

-- name: reseal
UPDATE daybridge.calendar_connections SET sealed = %(renewed)s
WHERE business_id = %(business_id)s::bigint AND id = %(id)s::bigint AND sealed = %(sealed)s;

-- name: is_shared
-- As the owner of the schema: whether the same account is connected elsewhere too, in whatever business.
SELECT EXISTS (SELECT FROM daybridge.calendar_connections k
               WHERE k.provider = %(provider)s AND k.account_key = %(account_key)s AND k.sealed IS NOT NULL
                 AND k.refused_at IS NULL AND (k.business_id, k.id) <> (%(business_id)s::bigint, %(id)s::bigint));
