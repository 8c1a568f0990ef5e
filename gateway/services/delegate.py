"""Ask the booking app to do what is more than changing a row: refunds, video meetings, places of an event.

The request is signed; docs/delegate.md tells the app how to check it and what to answer. The app changes its own rows,
and the triggers tell us of it as of any other change. Never to be called within a transaction: the app may need the
rows that we would hold.
"""

from __future__ import annotations

import json
import logging
import time
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal
from urllib.parse import urlsplit
from uuid import UUID

from gateway.core import secrets, signing
from gateway.core.booking import Actor, BookingRecord, Outcome
from gateway.core.errors import (
    AppUnreachable,
    ForbiddenAddress,
    Invalid,
    NotEditable,
    ProviderError,
    SetupError,
)
from gateway.core.language import N_, _
from gateway.core.model import require_aware
from gateway.db import delegation, synclog
from gateway.db.delegation import Delegate
from gateway.db.engine import Session
from gateway.db.sealed import NotOpened
from gateway.providers import http
from gateway.providers.http import Answer
from gateway.services import seals, timeline
from gateway.services.deps import Deps

log = logging.getLogger(__name__)

Action = Literal["move", "cancel"]
Span = tuple[datetime, datetime]

LONGEST_REASON: Final = 300
_MOST_BYTES: Final = 64 * 1024
# Statuses by which an app refuses, as far as it says why; without a reason they come from something in between.
_REFUSALS: Final = frozenset({403, 409, 422})
_NO_REASON: Final = N_("The booking system refused this and gave no reason. Please do it there.")
# When the calendar app may try again; nobody is put off for longer than the longest.
_TRY_AGAIN, _LONGEST_PUT_OFF = 30, 600


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the app is waited for: a person sits before a calendar that turns its wheel. Seconds."""

    attempts: int = 3
    each: float = 5.0
    whole: float = 12.0
    pause: float = 0.5  # before the second attempt; twice as long before the third
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


def is_set(session: Session, business_id: int) -> bool:
    """Whether this business's booking app can be asked."""
    return delegation.delegate(session, business_id) is not None


def configure(deps: Deps, business_id: int, url: str) -> str:
    """Ask there from now on; the new secret, which is shown this once. The one before is good no more.

    Raises Invalid for an address that can't be asked, SetupError where there is no key to encrypt with, NotYours.
    """
    url = url.strip()
    try:
        http.require_callable(url, allow_private=deps.settings.providers_allow_private_addresses)
    except ForbiddenAddress as error:
        raise Invalid(reason=str(error)) from None
    secret = f"dbd_{secrets.make_token(deps.chance(20))}"
    sealed = seals.keys(deps).seal(secret.encode(), delegation.context_of(business_id))
    with deps.database.tenant(business_id) as session:
        before = delegation.delegate(session, business_id)
        delegation.set_delegate(session, business_id, url, sealed)
        _note_whom(session, business_id, "set delegate", before, url)
    return secret


def remove(deps: Deps, business_id: int) -> bool:
    """Ask nobody any more, and forget the secret; whether there was somebody. Raises NotYours."""
    with deps.database.tenant(business_id) as session:
        delegation.require_business(session, business_id)
        before = delegation.delegate(session, business_id)
        removed = delegation.remove_delegate(session, business_id)
        if removed:
            _note_whom(session, business_id, "remove delegate", before, "")
        return removed


def address(deps: Deps, business_id: int) -> str:
    """Who is asked, empty for nobody. Without the query, where apps like to have keys. Raises NotYours."""
    with deps.database.tenant(business_id, read_only=True) as session:
        delegation.require_business(session, business_id)
        found = delegation.delegate(session, business_id)
    return urlsplit(found.url)._replace(query="").geturl() if found else ""


def ask(
    deps: Deps,
    actor: Actor,
    action: Action,
    booking: BookingRecord,
    span: Span | None,
    *,
    patience: Patience | None = None,
) -> None:
    """Have the booking app move a booking to `span`, or cancel it. When this returns, it has, and the timeline says so.

    Raises NotEditable with the app's own reason when it refuses; the timeline's line about that is the caller's, as for
    every refusal. Raises AppUnreachable when there is no clear answer, or when its secret can't be opened.
    """
    if (action == "move") != (span is not None):
        raise ValueError("a move needs a time, and a cancellation has none")
    require_aware(*(span or ()))
    url, secret = _whom(deps, actor.business_id)
    request_id = str(UUID(bytes=deps.chance(16), version=4))
    body = _body(request_id, deps.now(), actor, action, booking, span)

    def send(timeout: float) -> Answer:
        proof = signing.headers(secret, deps.now(), request_id, body)
        return http.send(
            "POST",
            url,
            headers={"Content-Type": "application/json", "Accept": "application/json", **proof},
            body=body,
            timeout=timeout,
            allow_private=deps.settings.providers_allow_private_addresses,
            most_bytes=_MOST_BYTES,
            ca_bundle=deps.settings.providers_ca_bundle,
        )

    _require_accepted(_patiently(send, patience or Patience()))
    _note(deps, actor, action, booking, span)


def _whom(deps: Deps, business_id: int) -> tuple[str, str]:
    with deps.database.tenant(business_id, read_only=True) as session:
        found = delegation.delegate(session, business_id)
    if found is None:
        raise NotEditable(reason=N_("This can only be changed in the booking system itself."))
    try:
        secret = seals.keys(deps).open(found.sealed, delegation.context_of(business_id))
    except (NotOpened, SetupError) as error:
        # Nothing that the person could mend; what they want is kept by their calendar app until the operator has.
        log.error("The booking app of business %s can't be asked: %s %s", business_id, error, error.remedy)
        raise AppUnreachable(retry_after=_LONGEST_PUT_OFF) from error
    return found.url, secret.decode()


def _body(
    request_id: str, now: datetime, actor: Actor, action: Action, booking: BookingRecord, span: Span | None
) -> bytes:
    asked = {
        "id": request_id,
        "sent_at": now.astimezone(UTC).isoformat(),
        "business_id": actor.business_id,
        "action": action,
        "booking": booking.told(),
        "wanted": _told(span),
        "actor": {"via": actor.via.value, "name": actor.name, "staff_member_id": actor.staff_id},
    }
    return json.dumps(asked).encode()


def _told(span: Span | None) -> dict[str, object] | None:
    if span is None:
        return None
    starts_at, ends_at = span
    return {"start": starts_at.astimezone(UTC).isoformat(), "end": ends_at.astimezone(UTC).isoformat()}


def _patiently(send: Callable[[float], Answer], patience: Patience) -> Answer:
    """The first answer that asking again would not better. Raises AppUnreachable."""
    deadline = patience.clock() + patience.whole
    put_off = 0.0
    for attempt in range(patience.attempts):
        left = deadline - patience.clock()
        if put_off >= left:
            break
        if put_off:
            patience.sleep(put_off)
            left = deadline - patience.clock()
        try:
            return send(max(min(patience.each, left), 0.001))
        except ProviderError as error:
            log.warning("The booking app was asked in vain: %s", error)
            put_off = max(error.retry_after or 0.0, patience.pause * 2**attempt)
            if error.permanent:
                break
    raise AppUnreachable(retry_after=round(min(max(put_off, _TRY_AGAIN), _LONGEST_PUT_OFF)))


def _require_accepted(answer: Answer) -> None:
    """Raises NotEditable for a refusal, AppUnreachable for anything that is neither yes nor no."""
    said = _read(answer.body)
    accepted, reason = said.get("accepted"), _clean(said.get("reason"))
    if 200 <= answer.status < 300 and accepted is True:
        return
    if 200 <= answer.status < 300 and accepted is False:
        raise NotEditable(reason=reason or _(_NO_REASON))
    if answer.status in _REFUSALS and accepted is not True and reason:
        raise NotEditable(reason=reason)
    log.warning("The booking app answered %s, and neither yes nor no.", answer.status)
    raise AppUnreachable(retry_after=_TRY_AGAIN)


def _read(body: bytes) -> Mapping[str, object]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _clean(reason: object) -> str:
    """The app's words as one line of text that a person may be shown: nothing that steers a screen or a reader."""
    if not isinstance(reason, str):
        return ""
    # Categories C: control signs, direction overrides, half surrogates. Z: spaces and ends of lines of all kinds.
    shown = "".join(
        " " if unicodedata.category(sign)[0] in "CZ" else sign for sign in reason[: 10 * LONGEST_REASON]
    )
    line = " ".join(shown.split())
    return line if len(line) <= LONGEST_REASON else f"{line[: LONGEST_REASON - 1].rstrip()}…"


def _note(deps: Deps, actor: Actor, action: Action, booking: BookingRecord, span: Span | None) -> None:
    before = timeline.told(booking)
    with deps.database.tenant(actor.business_id) as session:
        synclog.note(
            session,
            actor,
            action,
            Outcome.DELEGATED,
            booking_id=booking.id,
            staff_id=booking.staff_id,
            before=before,
            after=before | (_told(span) or {"status": "cancelled"}),
        )


def _note_whom(session: Session, business_id: int, action: str, before: Delegate | None, url: str) -> None:
    """Of the addresses only whose they are: secrets may be in the rest."""
    was, is_ = _host(before.url if before else ""), _host(url)
    timeline.note_choice(session, business_id, action, {"delegate": was}, {"delegate": is_})


def _host(url: str) -> str | None:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if url else None
