"""The words of the help pages: none is missing, and none is of what isn't there."""

from __future__ import annotations

import inspect
from datetime import timedelta

import pytest

from gateway.core import errors, guide, told_refusals
from gateway.core.connection import State
from gateway.core.errors import GatewayError
from gateway.core.obstacle import Code
from gateway.core.rules import Why, refusal

# Only programs meet these; or they are the roots of others, or carry whole sentences of their own.
_NOT_FOR_PEOPLE = {
    "GatewayError",
    "Refused",
    "ProviderError",
    "Invalid",
    "NotEditable",
    "UidTaken",
    "KeyReused",
    "InvalidSyncToken",
    "RemoteChanged",
    "RemoteGone",
    "CursorExpired",
}


def test_each_state_is_explained() -> None:
    assert {one.told.state for one in guide.states("Google")} == set(State)
    for one in guide.states("Google"):
        assert one.means.endswith(".")
        assert one.advice.endswith(".")
        assert "{" not in one.press + one.told.pill + one.told.sentence


def test_an_account_that_waits_for_its_owner_is_told_apart() -> None:
    pills = [one.told.pill for one in guide.states("Google") if one.told.state is State.CONNECTING]
    assert pills == ["Look first", "Connecting"]


def test_who_has_something_to_press_is_told_what_and_nobody_else() -> None:
    for one in guide.states("Google"):
        healthy = one.told.state is State.IN_STEP
        assert bool(one.press) == (bool(one.told.action) and not healthy)


def test_the_example_of_a_state_speaks_of_the_provider_that_is_asked_for() -> None:
    told = {one.anchor: one for one in guide.states("Padel club")}
    assert told["paused"].told.pill == "Paused by Padel club until 14:05"
    assert told["reconnect_needed"].press == "Sign in to Padel club again"
    assert told["importing"].told.pill == "Importing 42 %"


def test_each_reason_that_a_time_can_not_be_booked_is_explained() -> None:
    assert set(told_refusals.CODES) == set(Code)
    assert [one.code for one in told_refusals.codes()] == [code.value for code in Code]


def test_each_change_that_is_put_back_is_explained_in_the_words_of_the_refusal() -> None:
    assert set(told_refusals.EDITS) == set(Why)
    for why, one in zip(Why, told_refusals.edits(), strict=True):
        assert refusal(why).words.startswith(f"{one.says}.")
        assert one.advice.endswith(".")


def test_each_error_that_people_meet_is_explained() -> None:
    known = {
        name
        for name, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, GatewayError) and kind.__module__ == errors.__name__
    }
    told = {type(made()).__name__ for made, _, _ in told_refusals.ERRORS}
    assert told | _NOT_FOR_PEOPLE == known
    assert not told & _NOT_FOR_PEOPLE


def test_every_entry_has_an_address_of_its_own() -> None:
    entries = [*told_refusals.codes(), *told_refusals.edits(), *told_refusals.errors()]
    anchors = [one.anchor for one in entries] + [f"state-{one.anchor}" for one in guide.states("Google")]
    assert len(set(anchors)) == len(anchors)
    assert all(anchor.replace("-", "").replace("_", "").isalnum() for anchor in anchors)


def test_a_topic_has_one_place() -> None:
    topics = [topic for group in guide.TOPICS.values() for topic in group]
    assert len(guide.BY_SLUG) == len(topics)


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(days=1), "1 day"),
        (timedelta(days=400), "400 days"),
        (timedelta(hours=36), "36 hours"),
        (timedelta(seconds=300), "5 minutes"),
        (timedelta(seconds=90), "90 seconds"),
    ],
)
def test_a_period_in_words(length: timedelta, words: str) -> None:
    assert guide.span(length) == words
