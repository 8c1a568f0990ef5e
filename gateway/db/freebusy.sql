-- name: taken
-- What is taken in a span of time, each kind put together; without a staff member, by anyone. A pending booking is taken
-- tentatively.
WITH parts AS (
    SELECT b.during * asked.span AS during,
           b.source = 'booking' AND EXISTS (SELECT FROM daybridge.bookings k
                                            WHERE k.business_id = %(business_id)s::bigint AND k.id = b.source_id
                                              AND k.status = 0) AS tentative
    FROM (SELECT tstzrange(%(since)s::timestamptz, %(until)s::timestamptz) AS span) asked
    JOIN daybridge.busy b ON b.during && asked.span
    WHERE b.business_id = %(business_id)s::bigint
      AND (%(staff_id)s::bigint IS NULL OR b.staff_member_id = %(staff_id)s::bigint)
      AND (NOT %(external_only)s::boolean OR b.source = 'external')
), whole AS (
    SELECT tentative, unnest(range_agg(during)) AS during FROM parts GROUP BY tentative
)
SELECT lower(during), upper(during), tentative FROM whole ORDER BY 1 LIMIT %(most)s::int;
