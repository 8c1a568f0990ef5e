"""One switch of a connected account turned, and all else left as it is."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from gateway.core.connected import Connection
from gateway.core.errors import Invalid
from gateway.core.language import N_
from gateway.services import accounts
from gateway.services.accounts import AccountView, Owner
from gateway.services.deps import Deps

_GONE: Final = N_("This account has no such calendar any more; reload the page.")
RULES: Final = ("tentative", "all_day", "private")


def calendar(deps: Deps, owner: Owner, connection_id: int, calendar_id: int, *, blocks: bool) -> None:
    """Whether this calendar blocks its owner's time. Raises NotYours, Invalid."""
    view = accounts.view(deps, owner, connection_id)
    if calendar_id not in {one.calendar.id for one in view.calendars}:
        raise Invalid(reason=_GONE)
    chosen = {one.calendar.id for one in view.calendars if one.calendar.blocks and one.calendar.listed}
    chosen = chosen | {calendar_id} if blocks else chosen - {calendar_id}
    _choose(deps, owner, view, view.connection, chosen)


def rule(deps: Deps, owner: Owner, connection_id: int, name: str, *, on: bool) -> None:
    """One of `RULES` of an account. Raises NotYours, Invalid."""
    if name not in RULES:
        raise Invalid(reason=N_("There is no such rule; reload the page."))
    view = accounts.view(deps, owner, connection_id)
    before = view.connection
    after = (
        replace(before, titles=not on)
        if name == "private"
        else replace(before, rules=replace(before.rules, **{name: on}))
    )
    chosen = {one.calendar.id for one in view.calendars if one.calendar.blocks and one.calendar.listed}
    _choose(deps, owner, view, after, chosen)


def _choose(deps: Deps, owner: Owner, view: AccountView, known: Connection, blocks: set[int]) -> None:
    receiving = view.receiving
    accounts.choose(
        deps,
        owner,
        known.id,
        receives=receiving.calendar.id if receiving and receiving.calendar.listed else None,
        blocks=blocks,
        detail=known.detail,
        rules=known.rules,
        titles=known.titles,
    )
