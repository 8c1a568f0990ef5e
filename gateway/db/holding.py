"""The triggers by which a booking holds its time: what they hand to `daybridge.hold` (migration 0002)."""

from __future__ import annotations

from typing import Final

# What was changed is looked up by its id when the trigger fires: of a statement that cascades, several changes of one
# booking come together, and late.
_HOLD = """\
CREATE OR REPLACE FUNCTION daybridge.{name}() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '{wait}ms' AS $$
DECLARE
    businesses bigint[];
    ids        bigint[];
    enforced   boolean := false;
BEGIN
{gather}
    IF ids IS NOT NULL THEN
        enforced := daybridge.any_enforces(businesses);
        IF enforced THEN
            PERFORM set_config('lock_timeout', '{longest}ms', true);  -- until this function ends
        END IF;
        PERFORM daybridge.hold(businesses, ids, true);
    END IF;
    RETURN NULL;
EXCEPTION WHEN OTHERS THEN
    -- Who enforces would rather have no booking than two at a time; who only observes must not notice us at all.
    IF enforced THEN RAISE; END IF;
    RAISE WARNING 'daybridge could not hold the time of a booking: %', SQLERRM;
    RETURN NULL;
END $$"""

# What decides who holds which time; a booking that is only confirmed asks for nothing.
_ROW = (
    "{row}.business_id, {row}.staff_member_id, {row}.service_id, {row}.start_time, {row}.end_time, "
    "coalesce({row}.status IN (0, 1, 3), false)"
)
_PAIRS = "    SELECT array_agg(one.business_id), array_agg(one.id) INTO businesses, ids FROM ({pairs}) one;"
_ALL = "SELECT r.business_id, r.id FROM {rows} r WHERE r.business_id IS NOT NULL"
# A full join, because it can't become a nested loop (see hooks.py).
_CHANGED = f"""
        SELECT DISTINCT either.business_id, either.id
        FROM old_rows o FULL JOIN new_rows n ON n.id = o.id
        CROSS JOIN LATERAL (VALUES (o.business_id, o.id), (n.business_id, n.id)) either (business_id, id)
        WHERE ({_ROW.format(row="o")})
              IS DISTINCT FROM ({_ROW.format(row="n")})
              AND either.business_id IS NOT NULL"""
# Written from names of ours alone, so nothing can be injected.
_GATHER = {
    "insert": _PAIRS.format(pairs=_ALL.format(rows="new_rows")),
    "update": _PAIRS.format(pairs=_CHANGED),
    "delete": _PAIRS.format(pairs=_ALL.format(rows="old_rows")),
    "truncate": "    DELETE FROM daybridge.busy WHERE source = 'booking';",
}

# Nobody waits longer than this for another transaction that is changing the same staff member's time: where overlaps
# are refused, and where they are only observed. There `rehold` catches up on what was not held.
LONGEST_WAIT_MS = 5_000
WAIT_MS = 500
EVENTS: Final = tuple(_GATHER)


def function(event: str) -> str:
    """The statement that makes the trigger function of an event: insert, update, delete or truncate."""
    return _HOLD.format(name=f"hold_{event}", gather=_GATHER[event], wait=WAIT_MS, longest=LONGEST_WAIT_MS)
