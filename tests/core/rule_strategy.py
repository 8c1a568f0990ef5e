"""Recurrence rules of every kind, as texts."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import strategies as st

from gateway.core.recurrence import Budget, TooMany, between
from gateway.core.rrule import parse

_WEEKDAYS = st.sampled_from(["MO", "TU", "WE", "TH", "FR", "SA", "SU"])
_NTH = st.builds("{}{}".format, st.sampled_from([-5, -2, -1, 1, 2, 4, 5]), _WEEKDAYS)


def _listed(name: str, values: st.SearchStrategy[object], most: int = 4) -> st.SearchStrategy[str]:
    return st.lists(values, min_size=1, max_size=most, unique=True).map(
        lambda chosen: f"{name}={','.join(map(str, chosen))}"
    )


def _signed(most: int) -> st.SearchStrategy[object]:
    return st.integers(1, most) | st.integers(-most, -1)


@st.composite
def rules(draw: st.DrawFn) -> str:
    """Without what dateutil reads against the RFC: BYDAY=MO,2TU, and weeks that lie in two years."""
    freq = draw(st.sampled_from(["YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY"]))
    days = [_listed("BYDAY", _WEEKDAYS)] + ([_listed("BYDAY", _NTH)] if freq in ("YEARLY", "MONTHLY") else [])
    parts = [
        st.integers(1, 13).map("INTERVAL={}".format),
        _listed("BYMONTH", st.integers(1, 12)),
        st.one_of(days),
        st.one_of([_listed("BYMONTHDAY", _signed(31)), _listed("BYYEARDAY", _signed(366))]),
        _listed("BYHOUR", st.integers(0, 23), 2 if freq == "HOURLY" else 3),
        _listed("BYMINUTE", st.sampled_from([0, 15, 45]), 2),
        _listed("BYSETPOS", _signed(5), 2),
        _WEEKDAYS.map("WKST={}".format),
        st.integers(0, 200).map("COUNT={}".format),
    ]
    if freq == "YEARLY":
        parts.append(_listed("BYWEEKNO", st.integers(2, 51) | st.integers(-50, -2)))
    likely = {0: 0.5, 2: 0.5}
    chosen = [part for number, part in enumerate(parts) if draw(st.floats(0, 1)) < likely.get(number, 0.2)]
    return ";".join([f"FREQ={freq}", *(draw(part) for part in chosen)])


def goes_on(text: str, start: datetime, beyond: datetime) -> bool:
    """Whether a rule, COUNT aside, comes again within thirty years; if it doesn't, dateutil looks up to 9999."""
    endless = ";".join(part for part in text.split(";") if not part.startswith("COUNT"))
    end = beyond + timedelta(days=30 * 366)
    try:
        return (
            next(between(parse(endless), start, beyond + timedelta(days=3), end, Budget()), None) is not None
        )
    except TooMany:
        return False
