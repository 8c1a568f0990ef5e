"""What blocks time: each row of the table, and its switches."""

from __future__ import annotations

import pytest

from gateway.core.blocking import BlockRules, blocks
from gateway.core.remote import Reply, Showing

CAREFUL, EASY = BlockRules(), BlockRules(tentative=False, all_day=False)


@pytest.mark.parametrize("showing", [Showing.BUSY, Showing.OUT_OF_OFFICE, Showing.FOCUS])
@pytest.mark.parametrize("rules", [CAREFUL, EASY])
def test_what_takes_time_blocks(showing: Showing, rules: BlockRules) -> None:
    assert blocks(showing, Reply.NONE, all_day=False, rules=rules)
    assert blocks(showing, Reply.ACCEPTED, all_day=False, rules=rules)


@pytest.mark.parametrize(
    "showing", [Showing.FREE, Showing.WORKING_ELSEWHERE, Showing.WORKING_LOCATION, Showing.BIRTHDAY]
)
@pytest.mark.parametrize("reply", list(Reply))
def test_what_takes_none_doesn_t(showing: Showing, reply: Reply) -> None:
    assert not blocks(showing, reply, all_day=False, rules=CAREFUL)


@pytest.mark.parametrize("showing", list(Showing))
def test_what_was_declined_never_blocks(showing: Showing) -> None:
    assert not blocks(showing, Reply.DECLINED, all_day=False, rules=CAREFUL)


@pytest.mark.parametrize("reply", [Reply.TENTATIVE, Reply.UNANSWERED])
def test_maybe_blocks_by_a_switch(reply: Reply) -> None:
    assert blocks(Showing.BUSY, reply, all_day=False, rules=CAREFUL)
    assert not blocks(Showing.BUSY, reply, all_day=False, rules=BlockRules(tentative=False))


def test_a_whole_day_blocks_by_a_switch() -> None:
    assert blocks(Showing.BUSY, Reply.NONE, all_day=True, rules=CAREFUL)
    assert not blocks(Showing.BUSY, Reply.NONE, all_day=True, rules=BlockRules(all_day=False))
    assert blocks(Showing.BUSY, Reply.NONE, all_day=False, rules=BlockRules(all_day=False))
