"""How a connection stands: one list of states, each with a sentence and at most one action."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.core.connection import Facts, State, state, told

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
POLL = timedelta(minutes=5)
WELL = Facts(read_at=NOW - timedelta(seconds=12))
LONG_AGO = NOW - timedelta(days=2)

EXAMPLES = {
    State.DISCONNECTED: replace(WELL, closed_at=LONG_AGO),
    State.RECONNECT_NEEDED: replace(WELL, refused_at=LONG_AGO),
    State.STOPPED: replace(WELL, stopped_at=LONG_AGO),
    State.CONNECTING: Facts(granted=False),
    State.PAUSED: replace(WELL, paused_by_them=True, paused_until=NOW + timedelta(minutes=5), waiting=6),
    State.STALE: Facts(read_at=LONG_AGO, failing_since=LONG_AGO),
    State.IMPORTING: Facts(importing=True, imported=318),
    State.CATCHING_UP: replace(WELL, waiting=1),
    State.IN_STEP: WELL,
}


@pytest.mark.parametrize("wanted", list(State))
def test_each_state_is_reached_by_its_facts(wanted: State) -> None:
    assert state(EXAMPLES[wanted], NOW, POLL) is wanted


@pytest.mark.parametrize("wanted", list(State))
def test_each_state_has_a_pill_a_sentence_and_no_word_of_the_protocol(wanted: State) -> None:
    found = told(EXAMPLES[wanted], NOW, POLL, provider="Google", clock="12:05", since="on Wednesday at 12:00")
    assert found.state is wanted
    assert found.pill
    assert found.sentence.endswith(".")
    for word in ("token", "sync", "OAuth", "invalid", "failed", "please", "success", "!"):
        assert word not in f"{found.pill} {found.sentence}"


def test_what_needs_somebody_names_what_to_do_and_what_doesn_t_names_nothing() -> None:
    actions = {
        one: told(facts, NOW, POLL, provider="Google", clock="", since="").action
        for one, facts in EXAMPLES.items()
    }
    assert actions[State.RECONNECT_NEEDED] == "reconnect"
    assert actions[State.STOPPED] == "review"
    assert actions[State.PAUSED] == actions[State.IMPORTING] == actions[State.CATCHING_UP] == ""


def test_a_pause_of_our_own_is_nobody_s_business_until_it_is_too_long() -> None:
    ours = replace(WELL, paused_until=NOW + timedelta(minutes=5), failing_since=NOW - timedelta(minutes=1))
    assert state(ours, NOW, POLL) is State.IN_STEP
    assert state(replace(ours, read_at=NOW - timedelta(hours=1)), NOW, POLL) is State.STALE


def test_a_pause_is_over_when_it_is_over() -> None:
    over = replace(EXAMPLES[State.PAUSED], paused_until=NOW)
    assert state(over, NOW, POLL) is State.CATCHING_UP


def test_who_never_answered_is_out_of_date_and_not_importing_for_ever() -> None:
    fresh = Facts(importing=True, failing_since=NOW - timedelta(minutes=1))
    assert state(fresh, NOW, POLL) is State.IMPORTING
    assert state(replace(fresh, failing_since=LONG_AGO), NOW, POLL) is State.STALE


def test_one_change_waits_and_two_wait() -> None:
    def sentence(waiting: int) -> str:
        facts = replace(EXAMPLES[State.PAUSED], waiting=waiting)
        return told(facts, NOW, POLL, provider="Google", clock="12:05", since="").sentence

    assert "1 change waits and goes out by itself at 12:05." in sentence(1)
    assert "6 changes wait and go out by themselves at 12:05." in sentence(6)
