"""Connected accounts: how they stand, what lets us in, which of their calendars matter, and who serves them now."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.core.blocking import BlockRules
from gateway.core.connected import Connection, LeaseLost
from gateway.core.connection import Facts
from gateway.core.errors import NotYours
from gateway.core.model import Detail
from gateway.core.retry import Pause
from gateway.db import queries
from gateway.db.engine import Database, Row, Session

_SQL = queries.load("connections.sql")


@dataclass(frozen=True, slots=True)
class Budgets:
    """How many requests a minute may be sent for an account, and for all accounts of a provider; with what each is
    called."""

    account: str
    of_account: int
    all: str
    of_all: int


def get(session: Session, business_id: int, id_: int) -> Connection:
    """One connection, a closed one too. Raises NotYours."""
    rows = session.all(_SQL["get"], business_id=business_id, id=id_, staff_id=None)
    if not rows:
        raise NotYours(what="no such connection")
    return _connection(business_id, rows[0])


def of(session: Session, business_id: int, staff_id: int | None = None) -> list[Connection]:
    """The open connections of a staff member; without one, everybody's and the business's own."""
    rows = session.all(_SQL["get"], business_id=business_id, id=None, staff_id=staff_id)
    return [_connection(business_id, row) for row in rows]


def make(
    session: Session, business_id: int, staff_id: int | None, provider: str, account: str, key: str
) -> int:
    """The connection of an account, the same one each time; its id."""
    who = {"business_id": business_id, "staff_id": staff_id, "provider": provider, "account_key": key}
    found = session.one(_SQL["by_account"], **who)
    made = found or session.one(_SQL["add"], **who, account=account) or session.one(_SQL["by_account"], **who)
    if made is None:
        raise RuntimeError("a connection was made and taken away at once")
    return int(made[0])


def let_in(
    session: Session, business_id: int, id_: int, account: str, sealed: bytes, now: datetime, *, agreed: bool
) -> None:
    """`agreed`: its owner wants it to work; without it, nothing is done yet."""
    who = {"business_id": business_id, "id": id_}
    session.run(_SQL["open"], **who, account=account, sealed=sealed, now=now, agreed=agreed)


def forget_undecided(session: Session, business_id: int, before: datetime, now: datetime) -> int:
    """Let go of accounts that let us in before then, and whose owners have not agreed to more; how many."""
    return session.run(_SQL["forget_undecided"], business_id=business_id, before=before, now=now)


def agree(session: Session, business_id: int, id_: int, now: datetime) -> bool:
    """Let it begin to work; whether it didn't before."""
    return session.run(_SQL["agree"], business_id=business_id, id=id_, now=now) > 0


def set_rules(
    session: Session, business_id: int, id_: int, detail: Detail, rules: BlockRules, *, titles: bool
) -> None:
    session.run(
        _SQL["set_rules"],
        business_id=business_id,
        id=id_,
        detail=detail,
        tentative=rules.tentative,
        all_day=rules.all_day,
        titles=titles,
    )


def take_lease(session: Session, business_id: int, id_: int, now: datetime, until: datetime) -> int | None:
    """Become the one who serves this connection until then; None if somebody is, or nobody may. A later lease is a
    greater number, so that who held an earlier one is known."""
    row = session.one(_SQL["take_lease"], business_id=business_id, id=id_, now=now, until=until)
    return int(row[0]) if row else None


def keep_lease(session: Session, business_id: int, id_: int, lease: int, until: datetime) -> None:
    """Go on holding it; within this transaction nobody else can take it. Raises LeaseLost."""
    if not session.run(_SQL["keep_lease"], business_id=business_id, id=id_, lease=lease, until=until):
        raise LeaseLost


def release(session: Session, business_id: int, id_: int, lease: int) -> None:
    """Its turn went well: somebody else may have the next one, and whatever was wrong before is not any more."""
    session.run(_SQL["release"], business_id=business_id, id=id_, lease=lease)


def failed(
    session: Session,
    business_id: int,
    id_: int,
    lease: int,
    *,
    now: datetime,
    words: str,
    pause: Pause,
    refused: bool,
) -> None:
    """Nothing is asked of them for a while; `refused`: not before its owner has let us in again."""
    session.run(
        _SQL["failed"],
        business_id=business_id,
        id=id_,
        lease=lease,
        now=now,
        error=words,
        not_before=pause.until,
        theirs=pause.theirs,
        refused=refused,
    )


def postpone(session: Session, business_id: int, id_: int, lease: int, pause: Pause) -> None:
    """Its budget is used up for the moment."""
    session.run(_SQL["postpone"], business_id=business_id, id=id_, lease=lease, not_before=pause.until)


def pulled(session: Session, business_id: int, id_: int, lease: int, began: datetime) -> None:
    """All of its calendars were read, beginning at this moment."""
    session.run(_SQL["pulled"], business_id=business_id, id=id_, lease=lease, began=began)


def seal(session: Session, business_id: int, id_: int, lease: int, sealed: bytes) -> None:
    session.run(_SQL["seal"], business_id=business_id, id=id_, lease=lease, sealed=sealed)


def stop(session: Session, business_id: int, id_: int, found: Mapping[str, object], now: datetime) -> None:
    """A large change waits for its owner's word."""
    session.run(_SQL["stop"], business_id=business_id, id=id_, stop=json.dumps(dict(found)), now=now)


def stop_found(session: Session, business_id: int, id_: int) -> tuple[datetime, Mapping[str, object]] | None:
    """Since when it is stopped, and what would have changed; None if it isn't."""
    row = session.one(_SQL["stop_found"], business_id=business_id, id=id_)
    return (row[0], row[1] or {}) if row else None


def go_on(session: Session, business_id: int, id_: int, *, approved: bool, now: datetime) -> bool:
    """Read it again, and this time (`approved`) believe what is found; whether it was stopped."""
    return session.run(_SQL["go_on"], business_id=business_id, id=id_, approved=approved, now=now) > 0


def ask_pull(
    session: Session, business_id: int, id_: int, now: datetime, *, now_please: bool = False
) -> bool:
    """Have it read soon; `now_please` by a person, who waits for no pause of ours. Whether there is such a one."""
    return session.run(_SQL["ask_pull"], business_id=business_id, id=id_, now=now, now_please=now_please) > 0


def called(session: Session, business_id: int, id_: int, now: datetime, moment: timedelta) -> None:
    """Its provider says that something has changed; who was served less than a moment ago is read a moment later."""
    session.run(_SQL["called"], business_id=business_id, id=id_, now=now, moment=moment)


def leave(session: Session, business_id: int, id_: int) -> None:
    """Have our events there taken away; then it is closed."""
    session.run(_SQL["leave"], business_id=business_id, id=id_)


def close(session: Session, business_id: int, id_: int, now: datetime) -> None:
    """Forget what lets us in, and what was read."""
    session.run(_SQL["close"], business_id=business_id, id=id_, now=now)
    session.run(_SQL["forget_readings"], business_id=business_id, connection_id=id_)


def listed(session: Session, business_id: int, id_: int, now: datetime) -> None:
    """Its calendars were listed."""
    session.run(_SQL["listed"], business_id=business_id, id=id_, now=now)


def moved(session: Session, business_id: int, id_: int, zone: str) -> bool:
    """Whether whole days were held in another zone so far; from now on they are held in this one."""
    before = session.one(_SQL["move"], business_id=business_id, id=id_, zone=zone)
    return before is not None and before[0] != ""


def queue(
    database: Database, now: datetime, poll: timedelta, patience: timedelta, most: int
) -> list[tuple[int, int]]:
    """(business, connection) of what there is something to do for, in fair order, each told once until it is served or
    `patience` is over."""
    with database.nobody(read_only=False) as session:
        return [
            (business_id, connection_id)
            for business_id, connection_id in session.all(
                _SQL["queue"], now=now, poll=poll, patience=patience, most=most
            )
        ]


def spend(database: Database, budgets: Budgets, now: datetime) -> float:
    """Take one request out of budgets that all processes share; how many seconds to wait for one, 0 if there was."""
    with database.nobody(read_only=False) as session:
        return float(
            session.value(
                _SQL["spend"],
                account=budgets.account,
                of_account=budgets.of_account,
                all=budgets.all,
                of_all=budgets.of_all,
                now=now,
            )
        )


def is_shared(database: Database, connection: Connection) -> bool:
    """Whether the same account is connected elsewhere too."""
    with database.owner() as session:
        return bool(
            session.value(
                _SQL["is_shared"],
                provider=connection.provider,
                account_key=connection.account_key,
                business_id=connection.business_id,
                id=connection.id,
            )
        )


def everyone(session: Session) -> list[tuple[int, int, bytes]]:
    """(business, connection, sealed grant) of all, as the schema's owner."""
    return [(business_id, id_, sealed) for business_id, id_, sealed in session.all(_SQL["everyone"])]


def reseal(session: Session, business_id: int, id_: int, sealed: bytes, renewed: bytes) -> bool:
    """Put the same secret under another key, unless it has changed meanwhile; whether that was done."""
    return session.run(_SQL["reseal"], business_id=business_id, id=id_, sealed=sealed, renewed=renewed) > 0


def context_of(business_id: int, id_: int) -> str:
    """Where a sealed grant belongs; it opens nowhere else."""
    return f"connection {business_id} {id_}"


def _connection(business_id: int, row: Row) -> Connection:
    id_, staff_id, provider, account, key, detail, tentative, all_day, titles, sealed = row[:10]
    leaving, approved, failures, asked_at, pulled_at, listed_at = row[10:16]
    granted, closed, refused, stopped, not_before, theirs, failing, read_at, importing, imported, waiting = (
        row[16:]
    )
    return Connection(
        business_id,
        id_,
        staff_id,
        provider,
        account,
        key,
        Detail(detail),
        BlockRules(tentative, all_day),
        titles,
        sealed,
        leaving,
        approved,
        failures,
        asked_at,
        pulled_at,
        listed_at,
        Facts(
            granted=granted,
            let_in=sealed is not None,
            closed_at=closed,
            refused_at=refused,
            stopped_at=stopped,
            paused_until=not_before,
            paused_by_them=theirs,
            failing_since=failing,
            read_at=read_at,
            importing=importing,
            imported=imported,
            waiting=waiting,
        ),
    )
