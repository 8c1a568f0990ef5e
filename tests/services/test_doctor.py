"""The doctor finds what is wrong, says what to do about it, and is there when nothing else is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from gateway import wiring
from gateway.db import inspection
from gateway.services import delegate, seals
from gateway.services.checks import Check
from gateway.services.deps import Deps
from gateway.services.doctor import doctor
from gateway.settings import Settings
from tests.services.test_delegate import with_keys


def named(deps: Deps) -> dict[str, Check]:
    return {check.name: check for check in doctor(deps)}


def test_a_town_in_order_has_nothing_wrong(the_town) -> None:
    assert [check for check in doctor(the_town.deps) if check.ok is False] == []


def test_every_complaint_comes_with_a_remedy(the_town) -> None:
    the_town.sql("DROP TRIGGER daybridge_bookings_update ON bookings")
    the_town.sql("UPDATE bookings SET end_time = start_time WHERE id = 1001")
    the_town.sql("UPDATE businesses SET time_zone = 'Mars/Olympus' WHERE id = 2")
    the_town.sql("UPDATE daybridge.outbox SET noted_at = now() - interval '1 hour'")
    found = doctor(the_town.deps)
    assert {check.name for check in found if not check.ok} >= {
        "attachment",
        "worker",
        "bookings",
        "time zones",
    }
    assert all(check.remedy for check in found if not check.ok)
    assert "1001" in named(the_town.deps)["bookings"].words
    assert "Mars/Olympus" in named(the_town.deps)["time zones"].words


def test_without_a_database_it_says_so_and_stops_there() -> None:
    found = named(wiring.build(Settings(database_url="postgresql://x@127.0.0.1:1/none")))
    assert found["database"].ok is False
    assert "attachment" not in found


def test_an_empty_database_is_told_what_it_lacks(database_url) -> None:
    deps = wiring.build(Settings(database_url=database_url))
    found = named(deps)
    deps.database.close()
    assert found["database"].ok
    assert found["schema"].ok is False
    assert "daybridge migrate" in found["schema"].remedy


def test_a_database_that_lost_its_schema_is_told_what_to_do(the_town) -> None:
    the_town.sql("DROP SCHEMA daybridge CASCADE")
    found = named(the_town.deps)
    assert {name for name, check in found.items() if check.ok is False} == {"schema", "attachment", "worker"}
    assert all(check.remedy for check in found.values() if check.ok is False)


def test_a_column_that_the_app_renamed_is_found(the_town) -> None:
    """Its table's changes are not noted any more, and nothing else would say so."""
    the_town.sql("ALTER TABLE bookings RENAME COLUMN notes TO remarks")
    check = named(the_town.deps)["tables"]
    assert check.ok is False
    assert check.words == "There is no column public.bookings.notes."


def test_rights_that_were_taken_away_are_found_first(the_town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever would be looked at next could only fail."""
    stranger = inspection.ApplicationRole(unbound=False, joined=False, joinable=False)
    monkeypatch.setattr(inspection, "application_role", lambda *_: stranger)
    found = named(the_town.deps)
    assert found["rights"].remedy == "As an administrator: GRANT daybridge_app TO daybridge;"
    assert not {"schema", "worker", "bookings"} & set(found)


def test_a_schema_of_a_newer_version_is_told(the_town) -> None:
    the_town.sql("INSERT INTO daybridge.migrations (name, digest) VALUES ('9999_later', 'x')")
    check = named(the_town.deps)["schema"]
    assert (check.ok, check.remedy) == (False, "Update Daybridge.")


def test_nothing_is_told_of_customers_or_secrets(the_town, tmp_path: Path) -> None:
    file = tmp_path / "credentials.toml"
    file.write_text('session = "do-not-tell"')
    file.chmod(0o600)
    the_town.sql("UPDATE bookings SET end_time = start_time")
    settings = replace(the_town.deps.settings, credentials_file=str(file))
    told = " ".join(check.words + check.remedy for check in doctor(replace(the_town.deps, settings=settings)))
    for private in ("do-not-tell", "Santos", "Allergic", "maria@", "555-"):
        assert private not in told


def test_a_clock_that_is_wrong_is_noticed(the_town) -> None:
    slow = replace(the_town.deps, now=lambda: the_town.deps.now() - timedelta(minutes=3))
    assert named(slow)["clock"].ok is False


def test_passwords_in_the_open_are_a_fault(the_town) -> None:
    def with_(**changed: str) -> Check:
        return named(replace(the_town.deps, settings=replace(the_town.deps.settings, **changed)))["address"]

    assert with_(listen="0.0.0.0:8080").ok is False
    assert with_(listen="0.0.0.0:8080", public_url="http://cal.example").ok is False
    assert with_(public_url="http://cal.example").ok is False
    assert with_(public_url="https://cal.example").ok is True
    assert with_(listen="0.0.0.0:8080", public_url="http://localhost:8080").ok is False
    assert with_(listen="0.0.0.0:8080", public_url="https://cal.example").ok is True
    assert with_().ok is None


def test_credentials_for_all_to_read_are_a_fault(the_town, tmp_path: Path) -> None:
    file = tmp_path / "credentials.toml"
    file.write_text('session = "x"')
    file.chmod(0o644)
    settings = replace(the_town.deps.settings, credentials_file=str(file))
    check = named(replace(the_town.deps, settings=settings))["credentials"]
    assert check.ok is False
    assert "chmod 600" in check.words


def test_double_bookings_are_counted_for_the_operator(the_town) -> None:
    def told() -> dict[str, str]:
        return {name: check.words for name, check in named(the_town.deps).items()}

    assert told()["double bookings"] == "refused in 0 businesses, only watched in 2"
    assert not {"overlaps", "let through"} & set(told())
    the_town.sql(
        "INSERT INTO bookings (business_id, staff_member_id, start_time, end_time, status, created_at, updated_at)"
        " SELECT 1, 11, t, t + interval '1 hour', 1, now(), now()"
        " FROM (SELECT now() AT TIME ZONE 'UTC' + interval '90 days' AS t) made, generate_series(1, 3)"
    )
    assert told()["overlaps"].startswith("3 bookings")
    assert told()["let through"].startswith("2 double bookings in the last 7 days")
    the_town.sql("UPDATE daybridge.calendar_sync_logs SET happened_at = happened_at - interval '8 days'")
    assert "let through" not in told()
    the_town.sql("INSERT INTO daybridge.business_settings (business_id, enforcement) VALUES (1, 'enforce')")
    assert told()["double bookings"] == "refused in 1 businesses, only watched in 1"
    the_town.sql("INSERT INTO daybridge.business_settings (business_id, enforcement) VALUES (2, 'enforce')")
    assert named(the_town.deps)["double bookings"].ok is True
    assert all(check.remedy for check in doctor(the_town.deps) if not check.ok)


def test_booking_apps_that_can_not_be_asked_are_found(the_town, tmp_path: Path) -> None:
    """Otherwise only those would notice whose edits are put off."""
    assert "secrets" not in named(the_town.deps)
    one, two = with_keys(the_town.deps, tmp_path, 1), with_keys(the_town.deps, tmp_path, 2)
    said = [delegate.configure(one, 1, "https://app.example/S3CR3T")]
    assert named(one)["secrets"] == Check("secrets", True, "1 stored secrets can be opened")
    said.append(delegate.configure(two, 2, "https://app.example/S3CR3T"))

    lost = named(one)["secrets"]
    assert lost.ok is False
    assert lost.words.startswith("1 stored secrets can't be opened")
    assert "one of business 2: the key that it was sealed with is not among" in lost.words
    assert "rules delegate --business-id 2" in lost.remedy

    none = named(the_town.deps)["secrets"]
    assert none.ok is False
    assert none.words == "there is no key in [keys] encryption, and 2 secrets are sealed with one"

    both = with_keys(the_town.deps, tmp_path, 2, 1)
    older = named(both)["secrets"]
    assert (older.ok, older.words) == (None, "1 of 2 are under an older key")
    assert "daybridge keys rotate" in older.remedy
    seals.rotate(both)
    assert named(both)["secrets"].ok is True
    told = " ".join(f"{check.words} {check.remedy}" for deps in (one, both) for check in doctor(deps))
    assert not [secret for secret in (*said, "S3CR3T") if secret in told]


def test_one_that_can_not_be_opened_and_one_under_an_older_key_are_two_things(
    the_town, tmp_path: Path
) -> None:
    delegate.configure(with_keys(the_town.deps, tmp_path, 1), 1, "https://app.example/")
    delegate.configure(with_keys(the_town.deps, tmp_path, 2), 2, "https://app.example/")
    found = [check for check in doctor(with_keys(the_town.deps, tmp_path, 3, 1)) if check.name == "secrets"]
    assert [check.ok for check in found] == [False, None]


def test_something_that_is_no_key_is_said(the_town, tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.touch(0o600)
    file.write_text('[keys]\nencryption = ["do-not-tell"]')
    settings = replace(the_town.deps.settings, credentials_file=str(file))
    check = named(replace(the_town.deps, settings=settings))["secrets"]
    assert (check.ok, check.words) == (False, "Key 1 of [keys] encryption is not 32 bytes in base64.")
    assert "daybridge keys new" in check.remedy
