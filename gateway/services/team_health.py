"""How well a business's accounts are kept in step, drawn: by provider, over a day or over a month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.core import chart, clock, health
from gateway.core.chart import Bar
from gateway.core.health import Stretch
from gateway.core.language import _, ngettext
from gateway.db import tallies
from gateway.services.accounts import title
from gateway.services.deps import Deps
from gateway.services.grant import Member

HOURS, DAYS = 24, 30


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the table under a chart, in words."""

    when: str
    half: str
    most: str
    changes: int
    share: str


@dataclass(frozen=True, slots=True)
class Drawn:
    """A provider's charts: `half` and `most` in words for the whole time ("" without a change), the points of their
    lines, the scale's three labels from the top, and a bar for each stretch."""

    provider: str
    half: str
    most: str
    changes: int
    share: str
    failed: int
    half_lines: tuple[str, ...]
    most_lines: tuple[str, ...]
    scale: tuple[str, str, str]
    bars: tuple[Bar, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Health:
    """`axis` are the labels below a chart, from left to right."""

    providers: tuple[Drawn, ...]
    axis: tuple[str, ...]
    width: float
    summary: str


def look(deps: Deps, member: Member, *, month: bool) -> Health:
    """The last 24 hours, or with `month` the last 30 days, on the clock of the business."""
    now = deps.now().astimezone(clock.zone_of(member.zone))
    begins = health.days_until(now, DAYS) if month else health.hours_until(now, HOURS)
    with deps.database.tenant(member.business_id, read_only=True) as session:
        hours = tallies.since(session, member.business_id, begins[0])
    found = health.by_provider(hours, begins)
    words = [_day(one, now) if month else clock.time(one) for one in begins]
    drawn = tuple(_draw(title(deps, name), stretches, words) for name, stretches in found.items())
    return Health(drawn, _axis(words, month=month), chart.bars_width(len(begins)), _summary(deps, found))


def _draw(provider: str, stretches: Sequence[Stretch], words: Sequence[str]) -> Drawn:
    whole = health.together(stretches, stretches[0].begins_at)
    half, most = [one.half for one in stretches], [one.most for one in stretches]
    end = chart.top(most)
    return Drawn(
        provider,
        _duration(whole.half),
        _duration(whole.most),
        whole.changes,
        chart.percent(whole.share),
        whole.failed,
        tuple(chart.lines(half, end)),
        tuple(chart.lines(most, end)),
        (health.duration(end), health.duration(end / 2), "0"),
        tuple(chart.bars([one.share for one in stretches])),
        tuple(_line(one, when) for one, when in zip(stretches, words, strict=True)),
    )


def _line(one: Stretch, when: str) -> Line:
    return Line(
        when, _duration(one.half) or "–", _duration(one.most) or "–", one.changes, chart.percent(one.share)
    )


def _duration(seconds: float | None) -> str:
    return "" if seconds is None else health.duration(seconds)


def _day(moment: datetime, now: datetime) -> str:
    return clock.date(moment, now)


def _axis(words: Sequence[str], *, month: bool) -> tuple[str, ...]:
    step = 10 if month else 6
    return (*words[::step], _("today") if month else _("now"))


def _summary(deps: Deps, found: Mapping[str, Sequence[Stretch]]) -> str:
    wholes = {title(deps, name): health.together(all_, all_[0].begins_at) for name, all_ in found.items()}
    troubled = {name: one.failed for name, one in wholes.items() if one.failed}
    if not troubled:
        return _("Everything went through.")
    worst = max(troubled, key=lambda name: (troubled[name], name))
    times = troubled[worst]
    failed = ngettext(
        "{provider} didn’t do what we asked once.", "{provider} didn’t do what we asked {n} times.", times
    ).format(provider=worst, n=times)
    rest = _("All else went through.") if len(troubled) == 1 else _("Others had trouble too.")
    return " ".join((failed, rest, _("Accounts that need somebody stand first under Staff.")))
