"""When recurrence rules come, by the clock on the wall."""

# ruff: noqa: DTZ001  (a clock on a wall knows no zone)

from __future__ import annotations

import contextlib
from datetime import datetime, timedelta

import pytest
from dateutil.rrule import rrulestr
from hypothesis import assume, given, reject, settings
from hypothesis import strategies as st

from gateway.core.recurrence import Budget, TooMany, between, latest
from gateway.core.rrule import parse
from tests.core.rule_strategy import goes_on, rules

# The start of all examples in RFC 5545 3.8.5.3, a Tuesday.
START = datetime(1997, 9, 2, 9)
moments = st.datetimes(datetime(1995, 1, 1), datetime(2035, 1, 1)).map(
    lambda each: each.replace(microsecond=0)
)


def days(rule: str, start: datetime = START, end: datetime = datetime(1999, 1, 2)) -> list[str]:
    return [f"{each:%y%m%d}" for each in between(parse(rule), start, start, end, Budget())]


@pytest.mark.parametrize(
    ("rule", "first"),
    {
        "FREQ=DAILY;INTERVAL=10;COUNT=5": "970902 970912 970922 971002 971012",
        "FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH": "970902 970904 970916 970918 970930 971002",
        "FREQ=MONTHLY;COUNT=6;BYDAY=-2MO": "970922 971020 971117 971222 980119 980216",
        "FREQ=MONTHLY;BYMONTHDAY=-3": "970928 971029 971128 971229 980129 980226",
        "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13": "980213 980313 981113",
        "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3": "970904 971007 971106",
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2": "970929 971030 971127 971230 980129",
        "FREQ=YEARLY;INTERVAL=1;COUNT=4;BYYEARDAY=1,-1": "971231 980101 981231",
        "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO": "980511",
        "FREQ=YEARLY;BYDAY=20MO": "980518",
        "FREQ=YEARLY;BYMONTH=6,7;COUNT=2": "980602 980702",
        # Where dateutil reads otherwise: both kinds of BYDAY count, and 1 January 1999 is in the 53rd week of 1998.
        "FREQ=MONTHLY;BYDAY=-1SU,1MO": "970928 971006 971026 971103",
        "FREQ=YEARLY;BYWEEKNO=53": "981228 981229 981230 981231 990101",
    }.items(),
)
def test_examples(rule: str, first: str) -> None:
    assert days(rule)[: len(first.split())] == first.split()


@given(rules(), moments, st.integers(-400, 3000), st.integers(0, 500))
@settings(max_examples=160, deadline=None)
def test_a_rule_comes_when_dateutil_says(text: str, start: datetime, after: int, size: int) -> None:
    first = start + timedelta(days=after)
    last = first + timedelta(days=size)
    assume(goes_on(text, start, max(last, start)))
    try:
        theirs = rrulestr(text, dtstart=start)
    except ValueError:
        # It won't have a BYHOUR that INTERVAL never meets.
        reject()
    assert list(between(parse(text), start, first, last, Budget())) == theirs.between(first, last, inc=True)
    assert latest(parse(text), start, last, Budget()) == theirs.before(last, inc=True)


NEVER = """\
FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30
FREQ=HOURLY;INTERVAL=24;BYHOUR=3
FREQ=YEARLY;BYMONTH=4;BYYEARDAY=1
FREQ=MONTHLY;BYSETPOS=300
FREQ=WEEKLY;COUNT=5;BYMONTHDAY=31;BYMONTH=6"""


@pytest.mark.parametrize("rule", NEVER.splitlines())
def test_a_rule_that_never_comes_costs_no_more_than_its_window(rule: str) -> None:
    assert list(between(parse(rule), START, datetime(2026, 1, 1), datetime(2027, 2, 5), Budget(12_000))) == []


def test_the_past_is_skipped_not_walked() -> None:
    start, since = datetime(1800, 1, 1), datetime(2026, 1, 1)
    assert len(list(between(parse("FREQ=DAILY"), start, since, since + timedelta(days=9), Budget(10)))) == 10


def test_a_count_is_walked_as_far_as_the_budget_goes() -> None:
    with pytest.raises(TooMany):
        list(
            between(
                parse("FREQ=DAILY;COUNT=1000000"),
                START,
                datetime(2026, 1, 1),
                datetime(2027, 1, 1),
                Budget(999),
            )
        )


def test_rules_that_come_by_the_minute_are_not_followed() -> None:
    with pytest.raises(TooMany):
        list(between(parse("FREQ=MINUTELY"), START, START, START, Budget()))


NO_RULES = """
FREQ=
FREQ=OFTEN
COUNT=2
FREQ=DAILY;INTERVAL=0
FREQ=DAILY;INTERVAL=-1
FREQ=DAILY;INTERVAL=x
FREQ=DAILY;BYHOUR=24
FREQ=DAILY;BYMONTH=13
FREQ=DAILY;BYMONTH=-1
FREQ=DAILY;BYMONTHDAY=0
FREQ=DAILY;BYMONTHDAY=
FREQ=DAILY;BYDAY=XX
FREQ=DAILY;BYDAY=-MO
FREQ=DAILY;BYSETPOS=367
FREQ=DAILY;UNTIL=later
FREQ=DAILY;UNTIL=20260230
FREQ=DAILY;WKST=1
FREQ=DAILY;FREQ=DAILY
FREQ=DAILY;RSCALE=CHINESE
FREQ=DAILY;BYEASTER=1
FREQ=DAILY;COUNT=٣
FREQ=DAILY;COUNT=99999999999"""


@pytest.mark.parametrize("text", NO_RULES.splitlines())
def test_what_is_no_rule_is_not_read(text: str) -> None:
    with pytest.raises(ValueError):
        parse(text)


@pytest.mark.parametrize(
    "text", ["freq=daily;", "FREQ=DAILY;COUNT=-1", "RSCALE=GREGORIAN;FREQ=DAILY;SKIP=OMIT"]
)
def test_small_oddities_are_read(text: str) -> None:
    assert parse(text) == parse("FREQ=DAILY")


@given(st.text(max_size=40) | rules().map(lambda text: text.replace("=", "=-", 2)))
def test_no_text_fails_otherwise(text: str) -> None:
    with contextlib.suppress(ValueError):
        parse(text)
