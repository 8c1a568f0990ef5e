-- name: delegate
-- Whom to ask for what is more than changing a row; both or neither stand there.
SELECT delegate_url, delegate_secret FROM daybridge.business_settings
WHERE business_id = %(business_id)s::bigint AND delegate_url IS NOT NULL AND delegate_secret IS NOT NULL;

-- name: everyone
-- For the operator: every secret that is in use.
SELECT business_id, delegate_secret FROM daybridge.business_settings
WHERE delegate_url IS NOT NULL AND delegate_secret IS NOT NULL ORDER BY business_id;

-- name: set
INSERT INTO daybridge.business_settings (business_id, delegate_url, delegate_secret)
VALUES (%(business_id)s::bigint, %(url)s, %(sealed)s::bytea)
ON CONFLICT (business_id) DO UPDATE SET delegate_url = excluded.delegate_url,
                                        delegate_secret = excluded.delegate_secret;

-- name: remove
UPDATE daybridge.business_settings SET delegate_url = NULL, delegate_secret = NULL
WHERE business_id = %(business_id)s::bigint AND (delegate_url IS NOT NULL OR delegate_secret IS NOT NULL);

-- name: reseal
-- Only where nobody has set another secret meanwhile.
UPDATE daybridge.business_settings SET delegate_secret = %(renewed)s::bytea
WHERE business_id = %(business_id)s::bigint AND delegate_secret = %(sealed)s::bytea;

-- name: known
SELECT EXISTS (SELECT FROM daybridge.businesses WHERE id = %(business_id)s::bigint);
