-- name: begin
INSERT INTO daybridge.connection_attempts (business_id, token_hash, session_hash, provider, asked_by, staff_member_id,
                                           connection_id, verifier, consent, expires_at)
VALUES (%(business_id)s::bigint, %(token_hash)s, %(session_hash)s, %(provider)s, %(asked_by)s::bigint,
        %(staff_id)s::bigint, %(connection_id)s::bigint, %(verifier)s, %(consent)s, %(expires_at)s::timestamptz);

-- name: spend
-- Whatever comes of it, it can't be used again.
DELETE FROM daybridge.connection_attempts
WHERE business_id = %(business_id)s::bigint AND token_hash = %(token_hash)s
RETURNING session_hash, provider, asked_by, staff_member_id, connection_id, verifier, consent, expires_at;

-- name: forget
DELETE FROM daybridge.connection_attempts
WHERE business_id = %(business_id)s::bigint AND expires_at < %(now)s::timestamptz;
