"""Where a business's booking app wants to be asked, and the secret that it knows us by (sealed)."""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.core.errors import NotYours
from gateway.db import queries
from gateway.db.engine import Session

_SQL = queries.load("delegation.sql")


@dataclass(frozen=True, slots=True)
class Delegate:
    """`sealed` opens only for `context_of` its business."""

    url: str = field(repr=False)
    sealed: bytes = field(repr=False)


def context_of(business_id: int) -> str:
    """What the secret is sealed for, so that no business's secret opens as another's."""
    return f"business_settings.delegate_secret:{business_id}"


def delegate(session: Session, business_id: int) -> Delegate | None:
    row = session.one(_SQL["delegate"], business_id=business_id)
    return Delegate(row[0], bytes(row[1])) if row else None


def everyone(session: Session) -> list[tuple[int, bytes]]:
    """(business, its sealed secret), of every business that has one. For the schema's owner."""
    return [(business_id, bytes(sealed)) for business_id, sealed in session.all(_SQL["everyone"])]


def require_business(session: Session, business_id: int) -> None:
    """Raises NotYours for one that isn't there."""
    if not session.value(_SQL["known"], business_id=business_id):
        raise NotYours(what=f"no business {business_id}")


def set_delegate(session: Session, business_id: int, url: str, sealed: bytes) -> None:
    """Put this one in the place of whatever was there. Raises NotYours where there is no such business."""
    require_business(session, business_id)
    session.run(_SQL["set"], business_id=business_id, url=url, sealed=sealed)


def remove_delegate(session: Session, business_id: int) -> bool:
    """Ask nobody any more; whether there was somebody."""
    return session.run(_SQL["remove"], business_id=business_id) > 0


def reseal(session: Session, business_id: int, sealed: bytes, renewed: bytes) -> bool:
    """Exchange a sealed secret for the same one under another key; False if it isn't there any more."""
    return session.run(_SQL["reseal"], business_id=business_id, sealed=sealed, renewed=renewed) > 0
