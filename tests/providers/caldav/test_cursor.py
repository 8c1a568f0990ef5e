"""What is kept between two rounds, and what a calendar that is too large to compare comes to."""

from __future__ import annotations

import zlib
from base64 import b64encode
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.errors import CursorExpired, NotAccepted
from gateway.providers.caldav import rounds
from gateway.providers.caldav.cursor import MOST_KNOWN, Cursor, usable_token, version
from gateway.providers.caldav.shelf import Listed

TEXT = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=20)


@given(
    st.builds(
        Cursor,
        token=TEXT,
        mark=TEXT,
        known=st.dictionaries(TEXT, TEXT, max_size=5),
        rest=st.lists(TEXT, max_size=5).map(tuple),
        whole=st.booleans(),
        more=st.booleans(),
    )
)
def test_what_is_written_is_read(cursor: Cursor) -> None:
    assert Cursor.read(str(cursor)) == cursor


def packed(text: bytes) -> str:
    return f"dav1.{b64encode(zlib.compress(text)).decode()}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "dav1.",
        "dav2.AAAA",
        "dav1.%%%",
        packed(b"[]"),
        packed(b"{}"),
        packed(b'{"t":1,"m":"","k":{},"r":[],"w":true,"n":true}'),
        packed(b'{"t":"","m":"","k":{"a":1},"r":[],"w":true,"n":true}'),
        packed(b'{"t":"a\\u0000","m":"","k":{},"r":[],"w":true,"n":true}'),
        packed(b'{"t":"","m":"","k":{},"r":[["a"]],"w":true,"n":true}'),
        packed(b"[" * 100_000),
        packed(b" " * 100_000_000),
    ],
)
def test_what_is_not_ours(text: str) -> None:
    with pytest.raises(ValueError):
        Cursor.read(text)


@pytest.mark.parametrize(
    ("token", "usable"), [("data:,1", True), ("a\nb", False), ("x" * 3_000, False), ("", True)]
)
def test_tokens_that_can_be_kept(token: str, usable: bool) -> None:
    assert usable_token(token) == (token if usable else "")


@dataclass
class Board:
    """A calendar without tokens: what there is by now."""

    there: dict[str, str] = field(default_factory=dict)
    host: str = "dav.example"

    def changed(self, token: str) -> Listed:
        raise NotAccepted(host=self.host, reason="it answered 501")

    def mark(self) -> str:
        return ""

    def all(self) -> dict[str, str]:
        return dict(self.there)


def rounded(board: Board, text: str) -> tuple[set[str], set[str], str]:
    """What a round would fetch, what it found gone, and where it ends."""
    made = rounds.begin(board, text, compare=False)  # type: ignore[arg-type]
    return set(made.cursor.rest), set(made.gone), str(made.cursor.after(len(made.cursor.rest)))


def test_versions_are_compared() -> None:
    board = Board({"a": "1", "b": "1"})
    told, gone, cursor = rounded(board, "")
    assert (told, gone) == ({"a", "b"}, set())
    assert rounded(board, cursor)[:2] == (set(), set())
    board.there = {"a": "2", "c": "1"}
    told, gone, cursor = rounded(board, cursor)
    assert (told, gone) == ({"a", "c"}, {"b"})
    board.there = {}
    told, gone, cursor = rounded(board, cursor)
    assert (told, gone) == (set(), {"a", "c"})
    board.there = {"d": "1"}
    assert rounded(board, cursor)[:2] == ({"d"}, set())


@pytest.mark.parametrize("later", [MOST_KNOWN + 1, 1])
def test_a_calendar_that_is_too_large_to_compare_is_read_anew(later: int) -> None:
    def names(count: int) -> dict[str, str]:
        return {f"n{number}": version("1") for number in range(count)}

    board = Board(names(MOST_KNOWN + 1))
    cursor = rounded(board, "")[2]
    assert len(cursor) < 1_000
    board.there = names(later)
    with pytest.raises(CursorExpired):
        rounded(board, cursor)


def test_one_that_can_be_compared_fits_into_a_text() -> None:
    board = Board({f"{number:036x}.ics": version(str(number)) for number in range(MOST_KNOWN)})
    assert len(rounded(board, "")[2]) < 2_000_000
