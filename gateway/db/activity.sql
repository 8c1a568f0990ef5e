-- name: lines
-- The newest lines of a business before a certain one.
SELECT l.id, l.happened_at, l.via, l.who, l.action, l.outcome, l.booking_id, l.staff_member_id, l.before, l.after, l.reasons
FROM daybridge.calendar_sync_logs l
WHERE l.business_id = %(business_id)s::bigint
  AND (%(before)s::bigint IS NULL OR l.id < %(before)s::bigint)
  AND (%(booking_ids)s::bigint[] IS NULL OR l.booking_id = ANY (%(booking_ids)s::bigint[]))
  AND (%(since)s::timestamptz IS NULL
       OR l.happened_at >= %(since)s::timestamptz AND l.happened_at < %(until)s::timestamptz)
  AND (%(outcome)s::text IS NULL OR l.outcome = %(outcome)s::text)
ORDER BY l.id DESC LIMIT %(most)s::int;

-- name: lines_of_person
-- As `lines`, about a staff member, their bookings and their accounts: the newest of each, then of all of these.
WITH about_them AS (
    SELECT l.id FROM daybridge.calendar_sync_logs l
    WHERE l.business_id = %(business_id)s::bigint AND l.staff_member_id = %(staff_id)s::bigint
      AND (%(before)s::bigint IS NULL OR l.id < %(before)s::bigint)
      AND (%(booking_ids)s::bigint[] IS NULL OR l.booking_id = ANY (%(booking_ids)s::bigint[]))
      AND (%(since)s::timestamptz IS NULL
           OR l.happened_at >= %(since)s::timestamptz AND l.happened_at < %(until)s::timestamptz)
      AND (%(outcome)s::text IS NULL OR l.outcome = %(outcome)s::text)
    ORDER BY l.id DESC LIMIT %(most)s::int
), enough AS (
    -- What is older than all of a whole page can't be on it.
    SELECT CASE WHEN count(*) = %(most)s::int THEN min(id) ELSE 0 END AS id FROM about_them
), about_bookings AS (
    SELECT l.id FROM daybridge.calendar_sync_logs l
    WHERE l.business_id = %(business_id)s::bigint AND l.id > (SELECT id FROM enough)
      AND (%(before)s::bigint IS NULL OR l.id < %(before)s::bigint)
      AND (%(booking_ids)s::bigint[] IS NULL OR l.booking_id = ANY (%(booking_ids)s::bigint[]))
      AND (%(since)s::timestamptz IS NULL
           OR l.happened_at >= %(since)s::timestamptz AND l.happened_at < %(until)s::timestamptz)
      AND (%(outcome)s::text IS NULL OR l.outcome = %(outcome)s::text)
      AND l.staff_member_id IS DISTINCT FROM %(staff_id)s::bigint
      AND (l.booking_id IN (SELECT b.id FROM daybridge.bookings b
                            WHERE b.business_id = %(business_id)s::bigint
                              AND b.staff_member_id = %(staff_id)s::bigint)) IS TRUE
    ORDER BY l.id DESC LIMIT %(most)s::int
), about_accounts AS (
    SELECT l.id
    FROM daybridge.calendar_connections k
    CROSS JOIN LATERAL (
        SELECT l.id FROM daybridge.calendar_sync_logs l
        WHERE l.business_id = %(business_id)s::bigint AND l.connection_id = k.id
          AND (%(before)s::bigint IS NULL OR l.id < %(before)s::bigint)
          AND (%(booking_ids)s::bigint[] IS NULL OR l.booking_id = ANY (%(booking_ids)s::bigint[]))
          AND (%(since)s::timestamptz IS NULL
               OR l.happened_at >= %(since)s::timestamptz AND l.happened_at < %(until)s::timestamptz)
          AND (%(outcome)s::text IS NULL OR l.outcome = %(outcome)s::text)
        ORDER BY l.id DESC LIMIT %(most)s::int
    ) l
    WHERE k.business_id = %(business_id)s::bigint AND k.staff_member_id = %(staff_id)s::bigint
)
SELECT l.id, l.happened_at, l.via, l.who, l.action, l.outcome, l.booking_id, l.staff_member_id, l.before, l.after, l.reasons
FROM daybridge.calendar_sync_logs l
WHERE l.business_id = %(business_id)s::bigint
  AND l.id IN (SELECT id FROM about_them UNION SELECT id FROM about_bookings UNION SELECT id FROM about_accounts)
ORDER BY l.id DESC LIMIT %(most)s::int;

-- name: lines_of_connection
-- As `lines`, of one account: what we did there, and what people did in it. Without `staff_id` for everybody's eyes.
WITH by_us AS (
    SELECT l.id FROM daybridge.calendar_sync_logs l
    WHERE l.business_id = %(business_id)s::bigint AND l.connection_id = %(connection_id)s::bigint
      AND (%(before)s::bigint IS NULL OR l.id < %(before)s::bigint)
      AND (%(booking_ids)s::bigint[] IS NULL OR l.booking_id = ANY (%(booking_ids)s::bigint[]))
      AND (%(since)s::timestamptz IS NULL
           OR l.happened_at >= %(since)s::timestamptz AND l.happened_at < %(until)s::timestamptz)
      AND (%(outcome)s::text IS NULL OR l.outcome = %(outcome)s::text)
      AND (%(staff_id)s::bigint IS NULL OR l.staff_member_id = %(staff_id)s::bigint
           OR EXISTS (SELECT FROM daybridge.calendar_connections k
                      WHERE k.business_id = %(business_id)s::bigint AND k.id = l.connection_id
                        AND k.staff_member_id = %(staff_id)s::bigint)
           OR EXISTS (SELECT FROM daybridge.bookings b
                      WHERE b.business_id = %(business_id)s::bigint AND b.id = l.booking_id
                        AND b.staff_member_id = %(staff_id)s::bigint))
    ORDER BY l.id DESC LIMIT %(most)s::int
), enough AS (
    SELECT CASE WHEN count(*) = %(most)s::int THEN min(id) ELSE 0 END AS id FROM by_us
), by_people AS (
    SELECT l.id FROM daybridge.calendar_sync_logs l
    JOIN daybridge.calendar_connections k
      ON k.business_id = %(business_id)s::bigint AND k.id = %(connection_id)s::bigint
    WHERE l.business_id = %(business_id)s::bigint AND l.via = 'provider' AND l.id > (SELECT id FROM enough)
      AND CASE WHEN k.staff_member_id IS NULL THEN l.who = 'Somebody in ' || %(title)s::text
               ELSE l.staff_member_id = k.staff_member_id AND right(l.who, length(%(title)s::text) + 4) = ' in ' || %(title)s::text
                    AND l.who <> 'Somebody in ' || %(title)s::text END
      AND (%(before)s::bigint IS NULL OR l.id < %(before)s::bigint)
      AND (%(booking_ids)s::bigint[] IS NULL OR l.booking_id = ANY (%(booking_ids)s::bigint[]))
      AND (%(since)s::timestamptz IS NULL
           OR l.happened_at >= %(since)s::timestamptz AND l.happened_at < %(until)s::timestamptz)
      AND (%(outcome)s::text IS NULL OR l.outcome = %(outcome)s::text)
      AND (%(staff_id)s::bigint IS NULL OR l.staff_member_id = %(staff_id)s::bigint)
    ORDER BY l.id DESC LIMIT %(most)s::int
)
SELECT l.id, l.happened_at, l.via, l.who, l.action, l.outcome, l.booking_id, l.staff_member_id, l.before, l.after, l.reasons
FROM daybridge.calendar_sync_logs l
WHERE l.business_id = %(business_id)s::bigint AND l.id IN (SELECT id FROM by_us UNION SELECT id FROM by_people)
ORDER BY l.id DESC LIMIT %(most)s::int;

-- name: of_customer
-- The newest bookings of customers in whose names all these words are; with `staff_id` only that staff member's. Words
-- come as they were typed and in small letters, since not every database knows the small ones of all alphabets.
SELECT b.id
FROM daybridge.bookings b
JOIN daybridge.tenant_customers c ON c.id = b.tenant_customer_id
CROSS JOIN LATERAL (SELECT concat_ws(' ', c.first_name, c.last_name) AS whole) n
WHERE b.business_id = %(business_id)s::bigint
  AND (%(staff_id)s::bigint IS NULL OR b.staff_member_id = %(staff_id)s::bigint)
  AND NOT EXISTS (SELECT FROM unnest(%(words)s::text[], %(small)s::text[]) AS w (typed, small)
                  WHERE strpos(n.whole, w.typed) = 0 AND strpos(lower(n.whole), w.small) = 0)
ORDER BY b.id DESC LIMIT %(most)s::int;

-- name: line
SELECT l.id, l.happened_at, l.via, l.who, l.action, l.outcome, l.booking_id, l.staff_member_id, l.before, l.after, l.reasons
FROM daybridge.calendar_sync_logs l
WHERE l.business_id = %(business_id)s::bigint AND l.id = %(id)s::bigint AND l.booking_id = %(booking_id)s::bigint;

-- name: subjects
-- What these bookings are called, and whose they are.
SELECT b.id, b.staff_member_id, coalesce(s.name, ''), concat_ws(' ', c.first_name, c.last_name)
FROM daybridge.bookings b
LEFT JOIN daybridge.services s ON s.id = b.service_id
LEFT JOIN daybridge.tenant_customers c ON c.id = b.tenant_customer_id
WHERE b.business_id = %(business_id)s::bigint AND b.id = ANY (%(ids)s::bigint[]);

-- name: places
-- All connections, closed ones too: whose they are, and what they are called.
SELECT k.id, k.staff_member_id, k.provider, k.account
FROM daybridge.calendar_connections k WHERE k.business_id = %(business_id)s::bigint ORDER BY k.id;

-- name: events
-- How a booking's event stands in each account that shows it, or shall.
SELECT m.connection_id, m.wanted > m.pushed OR m.look, m.etag <> '', m.attempts, m.not_before, m.last_error, m.put_at
FROM daybridge.calendar_event_mappings m
JOIN daybridge.calendar_connections k ON k.business_id = %(business_id)s::bigint AND k.id = m.connection_id
WHERE m.business_id = %(business_id)s::bigint AND m.booking_id = %(booking_id)s::bigint AND k.closed_at IS NULL
ORDER BY m.connection_id;

-- name: make_due
-- What waits is due now, whatever it was put off for.
UPDATE daybridge.calendar_event_mappings SET not_before = NULL
WHERE business_id = %(business_id)s::bigint AND booking_id = %(booking_id)s::bigint
  AND connection_id = %(connection_id)s::bigint AND (wanted > pushed OR look);

-- name: going
-- How many events each connection would look after at this moment.
SELECT m.connection_id, count(*)::int
FROM daybridge.calendar_event_mappings m
WHERE m.business_id = %(business_id)s::bigint AND m.connection_id = ANY (%(ids)s::bigint[])
  AND (m.wanted > m.pushed OR m.look) AND (m.not_before IS NULL OR m.not_before <= %(now)s::timestamptz)
GROUP BY m.connection_id;
