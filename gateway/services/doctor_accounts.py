"""What the doctor says of connected accounts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from gateway.core.connection import State
from gateway.db import trials
from gateway.services import seals, status, watch
from gateway.services.checks import Check
from gateway.services.deps import Deps


def accounts(deps: Deps) -> Iterator[Check]:
    """Accounts elsewhere: can they be connected, can their providers call us, and which of them need somebody."""
    if not deps.providers:
        yield Check(
            "providers",
            None,
            "nobody can connect an account: no provider is set up",
            "Make a key with `daybridge keys new` and put it into the credentials file: for CalDAV accounts that is"
            " all. For Google and Microsoft put client_id and client_secret of each into it too.",
        )
        return
    titles = ", ".join(kind.title for kind in deps.providers.values())
    if not seals.keys(deps).count:
        remedy = "Make a key with `daybridge keys new`, and put it into [keys] encryption."
        yield Check("providers", False, f"{titles}: there is no key to seal with what lets us in", remedy)
    else:
        yield Check("providers", True, f"can be connected: {titles}")
    if not watch.address(deps, "google"):
        remedy = "Set public_url to an https:// address that reaches this installation from the Internet."
        words = f"providers can't call {deps.settings.address}; changes there are seen every"
        yield Check("webhooks", None, f"{words} {deps.settings.sync_poll_seconds} s", remedy)
    yield from _needing(deps)
    yield from _tests(deps)


def _tests(deps: Deps) -> Iterator[Check]:
    """What people found who had a calendar of theirs tested."""
    with deps.database.owner() as session:
        for words, count in trials.failed(session):
            remedy = "Its owner's page says which calendar; test it again after a change there."
            yield Check("calendar tests", False, f"{count} of the last ones failed: {words}", remedy)


def _needing(deps: Deps) -> Iterator[Check]:
    states = Counter[State]()
    for (_, state), count in status.look(deps).connections.items():
        states[state] += count
    for state, words, remedy in _TROUBLES:
        if states[state]:
            yield Check("connections", False, f"{states[state]} connected accounts {words}", remedy)
    well = sum(states[one] for one in (State.IN_STEP, State.CATCHING_UP, State.IMPORTING, State.PAUSED))
    if well:
        yield Check("connections", True, f"{well} connected accounts are in step, or on their way")


_TROUBLES = (
    (
        State.RECONNECT_NEEDED,
        "don't let us in any more",
        "Their owners sign in again on their calendars pages.",
    ),
    (
        State.STOPPED,
        "are stopped by a large change",
        "Their owners say on their calendars pages whether it is right.",
    ),
    (State.STALE, "don't answer", "The worker's log says why; what was read of them goes on blocking time."),
)
