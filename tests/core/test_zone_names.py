"""Which zone a calendar program means by a name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.zone_names import known
from gateway.core.zones import iana_names

MEANT = {
    "Europe/Berlin": "Europe/Berlin",
    "/Europe/Stockholm": "Europe/Stockholm",
    "W. Europe Standard Time": "Europe/Berlin",
    "Eastern Time (US & Canada)": "America/New_York",
    "/freeassociation.sourceforge.net/Tzfile/America/Argentina/Buenos_Aires": "America/Argentina/Buenos_Aires",
    "/mozilla.org/20070129_1/America/New_York": "America/New_York",
    "posix/Europe/Vaduz": "Europe/Vaduz",
    "Berlin": "Europe/Berlin",
}
NOBODYS = [
    "",
    "/",
    "America",
    "Europe/Nowhere",
    "Western/Central Europe",
    "../../etc/passwd",
    "localtime",
    "Factory",
]


@pytest.mark.parametrize(("name", "zone"), MEANT.items())
def test_names_of_many_programs_are_known(name: str, zone: str) -> None:
    assert known(name) == zone


@pytest.mark.parametrize("name", NOBODYS)
def test_what_nobody_means_is_not_guessed(name: str) -> None:
    assert known(name) == ""


@given(st.text(max_size=40) | st.text("/.ABCEUabceu_- ", max_size=40) | st.sampled_from(sorted(iana_names())))
def test_what_is_known_is_iana_s(name: str) -> None:
    """So it can be made into a zone without a look at the file system for a stranger's path."""
    assert known(name) in iana_names() | {""}
