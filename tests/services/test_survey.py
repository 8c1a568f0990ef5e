"""Every oddity of a real booking database is found, counted, and has a remedy; none of it is a reason not to attach."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gateway.services import survey
from gateway.services.deps import Deps
from gateway.services.survey import Finding, Severity
from tests import rails


@pytest.fixture(scope="module")
def sample(databases) -> Iterator[Deps]:
    url = databases.create()
    rails.build(url)
    with rails.deps(url) as deps:
        yield deps
    databases.drop(url)


@pytest.fixture
def findings(sample: Deps) -> list[Finding]:
    with sample.database.owner() as session:
        return survey.rows(session)


EXPECTED = """
    info     49 bookings of 6 businesses, 42 to be shown: about 1 MB, and 1 min for the worker.
    warning  Bookings without a business: 1, such as 10041.
    info     Bookings without a customer: 1, such as 10034.
    warning  Bookings that end when they begin, or before: 2, such as 10026.
    info     Bookings without a service: 1, such as 10033.
    warning  Bookings without a staff member: 1, such as 10035.
    warning  Bookings at a time without bounds, or beyond the years 1970 to 2999: 5, such as 10028.
    info     Bookings of a deleted business (status 5): 2, such as 30001.
    warning  Bookings with a service or a customer of another business: 1, such as 10040.
    warning  Bookings with a staff member of another business: 1, such as 10039.
    warning  Bookings with a status that isn't one of 0 to 5: 2, such as 10024.
    warning  Bookings of business 1 over an earlier one of the same person: 2, such as 10008.
    warning  Nobody knows the time zone 'Atlantis/Capital' of business 6.
    info     The time zone of business 5 is not set.
    info     The time zone of business 2 is UTC, which probably means that nobody has set it.
    info     Staff members without an e-mail address, who can't sign in: 1, such as 13.
"""


def test_the_samples_oddities_are_found_and_no_others(findings: list[Finding]) -> None:
    expected = [tuple(line.split(maxsplit=1)) for line in EXPECTED.strip().splitlines()]
    assert [(finding.severity, finding.words) for finding in findings] == expected


def test_every_finding_has_a_remedy(findings: list[Finding]) -> None:
    assert all(finding.remedy for finding in findings)


def test_no_finding_tells_of_a_customer(findings: list[Finding]) -> None:
    told = " ".join(finding.words + finding.remedy for finding in findings)
    for private in ("SECRET", "Byrne", "example.com", "harborpine"):
        assert private not in told


@pytest.mark.parametrize(
    ("made", "found"),
    [
        # Session 103 is one party after another at the same time: no overlap among themselves.
        ("INSERT INTO bookings {columns} VALUES {party}", {}),
        # Any other booking then is.
        ("INSERT INTO bookings {columns} VALUES {other}", {1: 1}),
        ("UPDATE bookings SET status = 2", {1: -2}),
    ],
)
def test_overlaps_are_counted_without_the_parties_of_a_session(
    sample: Deps, made: str, found: dict[int, int]
) -> None:
    columns = (
        "(business_id, staff_member_id, service_id, start_time, end_time, status, created_at, updated_at)"
    )
    times = "'2031-06-05 22:00', '2031-06-05 23:30', 1, now(), now())"
    statement = made.format(columns=columns, party=f"(1, 11, 103, {times}", other=f"(1, 11, 101, {times}")
    with sample.database.owner() as session:
        before = {business_id: count for business_id, count, _ in survey.inspection.overlaps(session)}
        session.run(
            statement.replace("INTO bookings", "INTO public.bookings").replace("UPDATE b", "UPDATE public.b")
        )
        after = {business_id: count for business_id, count, _ in survey.inspection.overlaps(session)}
        session.run("ROLLBACK; BEGIN")
    assert {
        key: after.get(key, 0) - count for key, count in before.items() if after.get(key, 0) != count
    } == found


def test_hundreds_of_businesses_with_overlaps_are_summed_up(
    sample: Deps, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [(business_id, 3, business_id) for business_id in range(500)]
    monkeypatch.setattr("gateway.db.inspection.overlaps", lambda _: rows)
    with sample.database.owner() as session:
        told = [finding.words for finding in survey.rows(session) if "over an earlier" in finding.words]
    assert len(told) == 21
    assert told[-1] == "Bookings of 480 more businesses over an earlier one: 1440."


def test_a_server_that_is_too_old_and_a_session_without_triggers_are_blockers(
    sample: Deps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(survey, "OLDEST_VERSION", 990_000)
    with sample.database.owner() as session:
        [finding] = [one for one in survey.structure(session) if one.severity is Severity.BLOCKER]
    assert finding.words.startswith("The server is PostgreSQL ")


def test_a_search_path_that_shows_our_views_first_is_told(sample: Deps) -> None:
    with sample.database.owner() as session:
        session.run('SET LOCAL search_path = "$user", public')
        told = [finding for finding in survey.structure(session) if "search path" in finding.words]
    assert [finding.remedy for finding in told] == [
        "ALTER ROLE daybridge SET search_path = public; or let the app sign in as another role."
    ]


def test_rows_that_row_level_security_hides_are_a_blocker(sample: Deps) -> None:
    with sample.database.owner() as session:
        session.run("ALTER TABLE public.bookings ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        found = [one.words for one in survey.structure(session) if one.severity is Severity.BLOCKER]
        session.run("ROLLBACK; BEGIN")
    assert found == ["Row-level security hides rows of public.bookings from daybridge."]
