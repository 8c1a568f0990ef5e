"""The booking app can't be asked, for a reason that is the operator's: the calendar app keeps the edit, for later."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import wsgi
from gateway.services import delegate, rules
from tests.caldav.client import Answer, InProcess
from tests.caldav.editing import ALICES, HAIRCUT, Sight, outcomes, row, working
from tests.conftest import Town
from tests.services.test_delegate import with_keys

EDITS: dict[str, Callable[[Sight], Answer]] = {
    "moved": lambda seen: seen.move("20261124T130000", "20261124T134500"),
    "deleted": lambda seen: seen.delete(),
}
# What may have become of the credentials file since.
FAULTS: dict[str, Callable[[Path], object]] = {
    "another key": lambda file: file.write_text(f'[keys]\nencryption = ["{"B" * 43}="]'),
    "no key": lambda file: file.write_text(""),
    "no key at all": lambda file: file.write_text('[keys]\nencryption = ["hush"]'),
    "no file": lambda file: file.unlink(),
    "open to all": lambda file: file.chmod(0o644),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS.keys())
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_it_is_for_later_and_nothing_is_changed(
    the_town: Town, tmp_path: Path, edit: Callable[[Sight], Answer], fault: Callable[[Path], object]
) -> None:
    town = working(the_town)
    deps = with_keys(town.deps, tmp_path, 1)
    delegate.configure(deps, 1, "http://127.0.0.1:1/")
    rules.choose(deps, 1, on_delete="cancel")
    town.sql("UPDATE bookings SET video_meeting_url = 'https://meet.example/x' WHERE id = 1001")
    seen, before = Sight(InProcess(wsgi.mount(deps), town.alice), ALICES, HAIRCUT), row(town, 1001)
    fault(Path(deps.settings.credentials_file))
    answer = edit(seen)
    assert (answer.status, answer.headers["Retry-After"]) == (503, "600")
    assert "try again" in answer.text
    assert "hush" not in answer.text
    assert (row(town, 1001), outcomes(town, 1001)) == (before, [])
    assert seen.client.etag(seen.path) == seen.etag
