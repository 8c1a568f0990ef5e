-- name: passwords_by_selector
SELECT business_id, id, staff_member_id, secret_hash FROM daybridge.app_passwords_by_selector(%(selector)s);

-- name: staff_emails
-- The names a staff member may sign in with.
SELECT lower(coalesce(st.email, '')), lower(coalesce(u.email, ''))
FROM daybridge.staff_members st LEFT JOIN daybridge.users u ON u.id = st.user_id
WHERE st.business_id = %(business_id)s::bigint AND st.id = %(staff_id)s::bigint;

-- name: holder_of_token
SELECT business_id, id FROM daybridge.holder_of_token(%(kind)s, %(token_hash)s);

-- name: staff_member
SELECT st.id, st.name, coalesce(nullif(st.email, ''), u.email, '')
FROM daybridge.staff_members st LEFT JOIN daybridge.users u ON u.id = st.user_id
WHERE st.business_id = %(business_id)s::bigint AND st.id = %(staff_id)s::bigint AND coalesce(st.active, true);

-- name: staff
-- Everyone who may have a calendar, managers first.
SELECT st.id, st.name, coalesce(nullif(st.email, ''), u.email, '')
FROM daybridge.staff_members st LEFT JOIN daybridge.users u ON u.id = st.user_id
WHERE st.business_id = %(business_id)s::bigint AND coalesce(st.active, true)
ORDER BY (u.role = 1) DESC NULLS LAST, st.id;

-- name: staff_by_email
SELECT st.id, st.name, coalesce(nullif(st.email, ''), u.email, '')
FROM daybridge.staff_members st LEFT JOIN daybridge.users u ON u.id = st.user_id
WHERE st.business_id = %(business_id)s::bigint AND coalesce(st.active, true)
  AND (lower(st.email) = lower(%(email)s) OR lower(u.email) = lower(%(email)s));

-- name: add_app_password
INSERT INTO daybridge.app_passwords (business_id, staff_member_id, label, selector, secret_hash)
VALUES (%(business_id)s::bigint, %(staff_id)s::bigint, %(label)s, %(selector)s, %(secret_hash)s) RETURNING id;

-- name: app_passwords
SELECT p.id, p.staff_member_id, p.label, p.created_at, p.last_used_at FROM daybridge.app_passwords p
WHERE p.business_id = %(business_id)s::bigint AND p.revoked_at IS NULL
  AND (%(staff_id)s::bigint IS NULL OR p.staff_member_id = %(staff_id)s::bigint)
ORDER BY p.staff_member_id, p.id;

-- name: note_use_of_app_password
UPDATE daybridge.app_passwords SET last_used_at = now()
WHERE business_id = %(business_id)s::bigint AND id = %(id)s::bigint;

-- name: revoke_app_password
UPDATE daybridge.app_passwords SET revoked_at = now()
WHERE business_id = %(business_id)s::bigint AND id = %(id)s::bigint AND revoked_at IS NULL;

-- name: calendar_id
SELECT id FROM daybridge.calendars
WHERE business_id = %(business_id)s::bigint AND kind = %(kind)s AND detail = %(detail)s
  AND staff_member_id IS NOT DISTINCT FROM %(staff_id)s::bigint;

-- name: add_feed
INSERT INTO daybridge.feeds (business_id, calendar_id, staff_member_id, label, token_hash)
VALUES (%(business_id)s::bigint, %(calendar_id)s::bigint, %(staff_id)s::bigint, %(label)s, %(token_hash)s)
RETURNING id;

-- name: feeds
SELECT f.id, f.staff_member_id, f.label, c.kind, c.detail, f.created_at, f.last_used_at
FROM daybridge.feeds f JOIN daybridge.calendars c ON c.business_id = f.business_id AND c.id = f.calendar_id
WHERE f.business_id = %(business_id)s::bigint AND f.revoked_at IS NULL
  AND (%(staff_id)s::bigint IS NULL OR f.staff_member_id = %(staff_id)s::bigint)
ORDER BY f.id;

-- name: feed
-- The calendar behind a feed as it stands; no row once the feed is revoked or its owner has left.
SELECT c.id, c.kind, c.staff_member_id, coalesce(st.name, ''), c.epoch, c.revision, c.floor_revision, c.changed_at,
       b.name, EXISTS (SELECT FROM daybridge.outbox o WHERE o.business_id = %(business_id)s::bigint),
       f.last_used_at IS NULL OR f.last_used_at < now() - interval '10 minutes'
FROM daybridge.feeds f
JOIN daybridge.calendars c ON c.business_id = f.business_id AND c.id = f.calendar_id
JOIN daybridge.businesses b ON b.id = f.business_id
LEFT JOIN daybridge.staff_members st ON st.id = c.staff_member_id
WHERE f.business_id = %(business_id)s::bigint AND f.id = %(id)s::bigint AND f.revoked_at IS NULL
  AND (c.kind = 'team' OR coalesce(st.active, st.id IS NOT NULL)) AND coalesce(b.active, true);

-- name: note_use_of_feed
UPDATE daybridge.feeds SET last_used_at = now() WHERE business_id = %(business_id)s::bigint AND id = %(id)s::bigint;

-- name: revoke_feed
UPDATE daybridge.feeds SET revoked_at = now()
WHERE business_id = %(business_id)s::bigint AND id = %(id)s::bigint AND revoked_at IS NULL;

-- name: add_api_key
INSERT INTO daybridge.api_keys (business_id, label, prefix, token_hash, scope)
VALUES (%(business_id)s::bigint, %(label)s, %(prefix)s, %(token_hash)s, %(scope)s) RETURNING id;

-- name: api_keys
SELECT id, label, prefix, scope, created_at, last_used_at FROM daybridge.api_keys
WHERE business_id = %(business_id)s::bigint AND revoked_at IS NULL ORDER BY id;

-- name: open_api_key
-- A key with what it may do; no row once it is revoked or its business is closed.
SELECT k.label, k.prefix, k.scope, k.last_used_at IS NULL OR k.last_used_at < now() - interval '10 minutes'
FROM daybridge.api_keys k JOIN daybridge.businesses b ON b.id = k.business_id
WHERE k.business_id = %(business_id)s::bigint AND k.id = %(id)s::bigint AND k.token_hash = %(token_hash)s
  AND k.revoked_at IS NULL AND coalesce(b.active, true);

-- name: note_use_of_api_key
UPDATE daybridge.api_keys SET last_used_at = now()
WHERE business_id = %(business_id)s::bigint AND id = %(id)s::bigint;

-- name: revoke_api_key
UPDATE daybridge.api_keys SET revoked_at = now()
WHERE business_id = %(business_id)s::bigint AND id = %(id)s::bigint AND revoked_at IS NULL;

-- name: add_sign_in_link
INSERT INTO daybridge.sign_in_links (business_id, staff_member_id, token_hash, expires_at)
VALUES (%(business_id)s::bigint, %(staff_id)s::bigint, %(token_hash)s, now() + %(life)s::interval) RETURNING id;

-- name: note_signed_link
-- Used as soon as it is known.
INSERT INTO daybridge.sign_in_links (business_id, staff_member_id, token_hash, expires_at, used_at)
VALUES (%(business_id)s::bigint, %(staff_id)s::bigint, %(token_hash)s, now() + %(life)s::interval, now())
ON CONFLICT (business_id, token_hash) DO NOTHING RETURNING id;

-- name: use_sign_in_link
-- Spends the link: of two who click at once, one gets in.
UPDATE daybridge.sign_in_links SET used_at = now()
WHERE business_id = %(business_id)s::bigint AND id = %(id)s::bigint AND used_at IS NULL AND expires_at > now()
RETURNING staff_member_id;

-- name: adopt_connection
SELECT daybridge.adopt_connection(%(staff_id)s::bigint, %(connection_id)s::bigint);
