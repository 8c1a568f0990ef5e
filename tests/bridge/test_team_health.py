"""How well the business is kept in step, drawn from what was counted; the counts come from what workers really do."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from webtest import TestApp
from webtest.response import TestResponse

from gateway.core.connected import LeaseLost
from gateway.core.errors import Unavailable
from gateway.services import serve, turns
from gateway.services.budget import OverBudget
from gateway.services.prune import TALLIES_ARE_KEPT, prune
from gateway.services.turns import Turn
from tests.bridge.accounts import Scene
from tests.bridge.business import HERE, MONDAY, browser, on_monday, words
from tests.conftest import Town

ALICE = "alice@elsewhere.example"
HOUR = timedelta(hours=1)


@pytest.fixture
def town(the_town: Town) -> Town:
    return on_monday(the_town)


@pytest.fixture
def alice(town: Town) -> TestApp:
    return browser(town, town.alice)


def count(
    town: Town, hour: datetime, waits: list[int], *, well: int = 0, failed: int = 0, business_id: int = 1
) -> None:
    town.sql(
        "INSERT INTO daybridge.calendar_tallies (business_id, hour, provider, well, failed, waits)"
        " VALUES (%s, %s, 'google', %s, %s, %s)",
        business_id, hour, well, failed, waits,
    )  # fmt: skip


def table(page: TestResponse) -> dict[str, list[str]]:
    rows = page.html.select("table.data tbody tr")
    return {words(row.th): [words(cell) for cell in row.select("td")] for row in rows}


class TestTheCharts:
    def test_with_nothing_to_draw_it_says_so(self, town: Town, alice: TestApp) -> None:
        count(town, MONDAY, [1], well=1, business_id=2)
        for path in ("/health", "/health?over=30d"):
            page = alice.get(HERE + path)
            assert "There is nothing to draw yet" in page
            assert not page.html.main.select("figure")

    def test_an_hour_is_told_by_its_median_its_95th_and_its_share(self, town: Town, alice: TestApp) -> None:
        """20 changes: 10 within half a second, 9 within a second, one within 5: half and 95 of 100 by hand."""
        count(town, MONDAY - HOUR, [10, 9, 0, 0, 0, 0, 1], well=99, failed=1)
        count(town, MONDAY, [0, 0, 1], well=1)
        count(town, MONDAY, [0] * 20 + [7], well=7, failed=70, business_id=2)
        page = alice.get(f"{HERE}/health")
        rows = table(page)
        assert len(rows) == 24
        assert rows["11:00"] == ["0.5 s", "1 s", "20", "99.0 %"]
        assert rows["12:00"] == ["1.5 s", "1.5 s", "1", "100 %"]
        assert rows["10:00"] == ["–", "–", "0", "–"]
        # Of all 21: the 11th and the 20th.
        assert [words(one) for one in page.html.select(".big b")] == ["1 s", "1.5 s", "21"]
        assert words(page.html.select_one(".hours b")) == "99.0 %"

    def test_the_lines_are_where_the_numbers_say(self, town: Town, alice: TestApp) -> None:
        """24 places of 25 units, of which the last is now; the scale ends at 2 s, so 1.5 s stand at a quarter."""
        count(town, MONDAY - HOUR, [4], well=4)
        count(town, MONDAY, [0, 0, 1], well=1)
        page = alice.get(f"{HERE}/health")
        [half] = page.html.select("polyline.g-50")
        assert half["points"] == "562.5,75.0 587.5,25.0"
        assert [words(one) for one in page.html.select(".plot-y span")] == ["2 s", "1 s", "0"]
        assert [one["class"] for one in page.html.select(".hours rect")] == [["f-none"]] * 22 + [["f-ok"]] * 2

    def test_days_are_those_of_the_business(self, town: Town, alice: TestApp) -> None:
        """Three in the morning in UTC is the evening before in New York; what is older than 30 days isn't shown."""
        count(town, MONDAY.replace(hour=3), [1], well=1)
        count(town, MONDAY.replace(hour=2), [1], well=1, failed=1)
        count(town, MONDAY.replace(hour=6), [3], well=1)
        count(town, MONDAY - timedelta(days=30), [50], well=50)
        page = alice.get(f"{HERE}/health?over=30d")
        rows = table(page)
        assert len(rows) == 30
        assert rows["22 November"] == ["0.5 s", "0.5 s", "2", "66.6 %"]
        assert rows["23 November"] == ["0.5 s", "0.5 s", "3", "100 %"]
        assert [words(one) for one in page.html.select(".plot-x span")] == [
            "25 October", "4 November", "14 November", "today",
        ]  # fmt: skip

    @pytest.mark.parametrize("over", ["", "24h", "nonsense"])
    def test_another_span_falls_back_to_a_day(self, town: Town, alice: TestApp, over: str) -> None:
        count(town, MONDAY, [1], well=1)
        assert len(table(alice.get(f"{HERE}/health?over={over}"))) == 24

    def test_every_picture_says_in_words_what_it_shows(self, town: Town, alice: TestApp) -> None:
        count(town, MONDAY, [1], well=3, failed=1)
        page = alice.get(f"{HERE}/health")
        told = [one["aria-label"] for one in page.html.main.select("svg[role=img]")]
        assert told == [
            "Google: 75.0 % went through, 1 did not",
            "How long changes take to reach Google over 24 hours: half within 0.5 s, 95 of 100 within 0.5 s",
        ]


class TestWhatIsCounted:
    @pytest.fixture
    def scene(self, the_town: Town, tmp_path: Path) -> Scene:
        return Scene.set(the_town, tmp_path)

    def tally(self, scene: Scene) -> tuple[int, int, int]:
        """(went well, failed, changes) of all hours."""
        [row] = scene.town.sql(
            "SELECT coalesce(sum(well), 0)::int, coalesce(sum(failed), 0)::int,"
            " coalesce(sum((SELECT sum(n) FROM unnest(waits) n)), 0)::int FROM daybridge.calendar_tallies"
            " WHERE business_id = 1 AND provider = 'google'"
        )
        return row  # type: ignore[return-value]

    def test_a_first_filling_is_no_booking_that_waits(self, scene: Scene) -> None:
        scene.connected(scene.town.alice, ALICE)
        well, failed, changes = self.tally(scene)
        assert well >= 3, "each booking that was added there, and the turns"
        assert (failed, changes) == (0, 0)

    def test_a_change_is_counted_by_how_long_it_took(self, scene: Scene) -> None:
        scene.connected(scene.town.alice, ALICE)
        move_one(scene)
        scene.later(seconds=42)
        scene.work()
        assert self.tally(scene)[2] == 1
        rows = table(browser_of(scene).get(f"{HERE}/health"))
        assert rows["12:00"][:3] == ["45 s", "45 s", "1"]
        assert not scene.town.sql("SELECT FROM daybridge.calendar_event_mappings WHERE wanted_at IS NOT NULL")

    def test_so_is_a_booking_that_is_taken_away_and_a_new_one(self, scene: Scene) -> None:
        scene.connected(scene.town.alice, ALICE)
        scene.town.sql("UPDATE bookings SET status = 2 WHERE id = 1003")
        scene.town.sql(
            "INSERT INTO bookings (business_id, staff_member_id, service_id, tenant_customer_id, start_time, end_time,"
            " status, created_at, updated_at)"
            " VALUES (1, 11, 31, 61, '2026-12-03 15:00', '2026-12-03 15:45', 1, now(), now())"
        )
        scene.work()
        assert self.tally(scene)[2] == 2

    def test_a_provider_that_does_not_answer_counts_against_it_and_the_change_waits_on(
        self, scene: Scene
    ) -> None:
        scene.connected(scene.town.alice, ALICE)
        before = self.tally(scene)
        scene.elsewhere.trouble = Unavailable(host="Google", reason="it is down")
        move_one(scene)
        scene.work()
        assert self.tally(scene) == (before[0], 1, 0)
        scene.elsewhere.trouble = None
        scene.later(hours=1)
        scene.work()
        assert self.tally(scene)[1:] == (1, 1)
        assert table(browser_of(scene).get(f"{HERE}/health"))["13:00"][:3] == ["1 h", "1 h", "1"]

    def test_a_fault_of_our_own_counts_against_nobody(
        self, scene: Scene, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        scene.connected(scene.town.alice, ALICE)
        before = self.tally(scene)
        monkeypatch.setattr("gateway.services.serve._work", lambda _: 1 / 0)
        scene.later(hours=1)
        with pytest.raises(ZeroDivisionError):
            scene.work()
        assert self.tally(scene) == before

    @pytest.mark.parametrize("broken_off_by", [OverBudget(30.0), LeaseLost()])
    def test_what_was_done_before_a_turn_broke_off_is_counted(
        self, scene: Scene, broken_off_by: Exception
    ) -> None:
        scene.connected(scene.town.alice, ALICE)
        well, failed, changes = self.tally(scene)

        def work(turn: Turn) -> None:
            turn.tally.well += 1
            turn.tally.waits.append(timedelta(seconds=2))
            raise broken_off_by

        scene.later(hours=1)
        [(business_id, connection_id)] = serve.due(scene.deps)
        turns.take(scene.deps, business_id, connection_id, work)
        assert self.tally(scene) == (well + 1, failed, changes + 1)

    def test_counts_are_forgotten_after_their_time(self, town: Town) -> None:
        count(town, MONDAY - TALLIES_ARE_KEPT - HOUR, [1], well=1)
        count(town, MONDAY - TALLIES_ARE_KEPT + HOUR, [1], well=2)
        prune(town.deps)
        assert town.sql("SELECT well FROM daybridge.calendar_tallies") == [(2,)]


def browser_of(scene: Scene) -> TestApp:
    return scene.browser(scene.town.alice)


def move_one(scene: Scene) -> None:
    """A booking is moved, and the projector sees it at once. It goes by the real clock, and the scene by its own."""
    scene.town.sql(
        "UPDATE bookings SET start_time = start_time + interval '1 h', end_time = end_time + interval '1 h'"
        " WHERE id = 1003"
    )
    scene.town.settle()
    scene.town.sql(
        "UPDATE daybridge.calendar_event_mappings SET wanted_at = %s WHERE wanted_at IS NOT NULL",
        scene.moment[0],
    )
