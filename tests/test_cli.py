"""The commands: each says what it did, or what is wrong and what to do about it, and never shows a traceback."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.cli import main

Run = Callable[..., Result]
WithKeys = Callable[..., Path]


@pytest.fixture
def run(the_town, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("DATABASE_URL", the_town.url)
    monkeypatch.delenv("DAYBRIDGE_CONFIG", raising=False)

    def invoke(*words: str, ok: bool = True, **more) -> Result:
        result = CliRunner().invoke(main, list(words), **more)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        assert (result.exit_code == 0) == ok, result.output
        return result

    return invoke


def key(number: int) -> str:
    return base64.b64encode(bytes([number]) * 32).decode()


@pytest.fixture
def with_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WithKeys:
    """Settings with a credentials file in which these keys stand."""
    file, config = tmp_path / "credentials.toml", tmp_path / "daybridge.toml"
    file.touch(0o600)
    config.write_text(f'credentials_file = "{file}"')

    def write(*keys: str) -> Path:
        monkeypatch.setenv("DAYBRIDGE_CONFIG", str(config))
        file.write_text(f"[keys]\nencryption = {json.dumps(keys)}\n")
        return file

    return write


def test_a_password_is_made_listed_and_revoked(run: Run, the_town) -> None:
    made = run(
        "app-password", "create", "--business", "1", "--email", "Bob@harbor.example", "--label", "tablet"
    )
    password = re.search(r"password\s+(\S+)", made.output)[1]
    assert the_town.deps.sign_ins.check("bob@harbor.example", password, "192.0.2.9")
    listed = run("app-password", "list", "--business", "1").output
    assert "tablet" in listed
    assert password not in listed
    [(id_,)] = the_town.sql("SELECT id FROM daybridge.app_passwords WHERE label = 'tablet'")
    assert "Revoked." in run("app-password", "revoke", "--business", "1", str(id_)).output
    assert (
        "no such app password" in run("app-password", "revoke", "--business", "1", str(id_), ok=False).output
    )


def test_feeds_and_keys_and_links(run: Run) -> None:
    assert (
        "/feeds/" in run("feed", "create", "--business", "1", "--staff-id", "11", "--detail", "busy").output
    )
    assert "/feeds/" in run("feed", "create", "--business", "1", "--team").output
    assert "team" in run("feed", "list", "--business", "1").output
    assert run(
        "api-key", "create", "--business", "1", "--scope", "write", "--label", "rails"
    ).output.startswith("dbk_")
    assert "rails" in run("api-key", "list", "--business", "1").output
    assert "/sign-in/" in run("sign-in-link", "--business", "1", "--staff-id", "11").output


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (["app-password", "create", "--business", "1"], "--email or --staff-id"),
        (["app-password", "create", "--business", "1", "--email", "x@y"], "no active staff member"),
        (["app-password", "create", "--business", "2", "--staff-id", "11"], "no active staff member"),
        (["--config", "none.toml", "doctor"], "There is no file none.toml"),
        (["feed", "create", "--business", "1", "--staff-id", "11", "--detail", "most"], "is not one of"),
    ],
)
def test_what_can_not_be_done_is_said_in_words(run: Run, words: list[str], answer: str) -> None:
    assert answer in run(*words, ok=False).output


def test_verify_finds_and_repairs(run: Run, the_town) -> None:
    assert "0 differ" in run("verify").output
    the_town.sql("DELETE FROM daybridge.calendar_objects WHERE booking_id = 1001")
    assert "booking 1001 is not shown" in run("verify", ok=False).output
    assert "2 mended" in run("verify", "--repair").output
    assert "0 differ" in run("verify").output


def test_resync_projects_everything(run: Run) -> None:
    assert "Projected 7 bookings." in run("resync").output
    assert "Projected 6 bookings." in run("resync", "--business", "1").output


def test_doctor_says_one_line_for_each_thing(run: Run, the_town) -> None:
    assert "no " not in [line[:3] for line in run("doctor").output.splitlines()]
    the_town.sql("DROP TRIGGER daybridge_bookings_update ON bookings")
    sick = run("doctor", ok=False).output
    assert "no  attachment" in sick
    assert "daybridge attach" in sick


def test_migrate_and_attach_are_harmless_when_repeated(run: Run) -> None:
    assert "Up to date." in run("migrate").output
    assert "nothing was missing" in run("attach").output


def test_detach_asks_and_attach_comes_back(run: Run, the_town) -> None:
    assert "Aborted" in run("detach", ok=False, input="n\n").output
    assert the_town.sql("SELECT to_regclass('daybridge.calendars') IS NOT NULL") == [(True,)]
    assert "DROP SCHEMA" in run("detach", "--dry-run").output
    the_town.deps.database.close()
    assert "Detached." in run("detach", "--yes").output
    assert the_town.sql("SELECT to_regclass('daybridge.calendars')") == [(None,)]
    assert "daybridge attach" in run("verify", ok=False).output
    dry = run("attach", "--dry-run").output
    assert "CREATE OR REPLACE TRIGGER" in dry
    assert the_town.sql("SELECT to_regclass('daybridge.calendars')") == [(None,)]
    assert "Attached." in run("attach").output
    assert "Projected 7 bookings." in run("resync").output


def test_attach_needs_a_database_to_attach_to(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL")
    assert "database_url is empty" in run("attach", ok=False).output


def test_a_database_that_is_not_there_is_said_with_a_remedy(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://x:hunter2@127.0.0.1:1/none")
    output = run("verify", ok=False).output
    assert "doesn't answer" in output
    assert "doctor" in output
    assert "hunter2" not in output
    assert "no  database" in run("doctor", ok=False).output


def test_rules_are_shown_and_changed_one_by_one(run: Run) -> None:
    at_first = run("rules", "show", "--business-id", "1").output.splitlines()
    assert [line.split()[:2] for line in at_first] == [
        ["enforcement", "observe"],
        ["moves", "accept"],
        ["on-delete", "ask"],
        ["notes", "accept"],
        ["waive-hours", "no"],
        ["waive-notice", "no"],
        ["delegate", "none"],
    ]
    changed = run("rules", "set", "--business-id", "1", "--on-delete", "cancel", "--waive-hours").output
    assert "Deleted in a calendar: the booking is cancelled." in changed
    assert "waive-hours  yes" in changed
    run("rules", "set", "--business-id", "1", "--no-waive-hours", "--moves", "refuse", "--notes", "restore")
    held = run("rules", "show", "--business-id", "1").output.splitlines()
    assert [line.split()[1] for line in held] == [
        "observe",
        "refuse",
        "cancel",
        "restore",
        "no",
        "no",
        "none",
    ]
    assert run("rules", "show", "--business-id", "2").output.splitlines() == at_first


def test_rules_follow_the_installations_settings(run: Run, tmp_path) -> None:
    config = tmp_path / "s.toml"
    config.write_text('[writeback]\non_delete = "refuse"')
    assert "on-delete    refuse" in run("--config", str(config), "rules", "show", "--business-id", "1").output


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (["show", "--business-id", "99"], "no business 99"),
        (["set", "--business-id", "99", "--moves", "refuse"], "no business 99"),
        (["findings", "--business-id", "99"], "no business 99"),
        (["delegate", "--business-id", "99", "--url", "https://app.example/"], "no business 99"),
        (["delegate", "--business-id", "99", "--remove"], "no business 99"),
        (["delegate", "--business-id", "1"], "Name either --url or --remove"),
        (["delegate", "--business-id", "1", "--url", "https://a.example", "--remove"], "Name either"),
        (["delegate", "--business-id", "1", "--url", "http://app.example/"], "must begin with https://"),
        (["delegate", "--business-id", "1", "--url", ""], "can't be read"),
        (["set", "--business-id", "1"], "Name what to change"),
        (["set", "--business-id", "1", "--moves", "perhaps"], "is not one of"),
        (["show"], "Missing option"),
    ],
)
def test_rules_that_can_not_be_are_said_in_words(
    run: Run, with_keys: WithKeys, the_town, words: list[str], answer: str
) -> None:
    with_keys(key(1))
    assert answer in run("rules", *words, ok=False).output
    assert the_town.sql("SELECT count(*) FROM daybridge.business_settings") == [(0,)]


def test_whoever_enforces_is_told_what_overlaps_and_that_it_stays(run: Run, the_town) -> None:
    assert "Nothing was let through" in run("rules", "findings", "--business-id", "1").output
    the_town.sql(
        "INSERT INTO bookings (id, business_id, staff_member_id, start_time, end_time, status, created_at, updated_at)"
        " SELECT id, 1, 11, t, t + interval '1 hour', 1, now(), now()"
        " FROM (VALUES (5001, now() AT TIME ZONE 'UTC' + interval '90 days'),"
        " (5002, now() AT TIME ZONE 'UTC' + interval '90 days 59 minutes')) AS made (id, t)"
    )
    told = run("rules", "findings", "--business-id", "1").output
    assert "only watched" in told
    assert "booking 5002. Another booking 5001 is there" in told
    assert "booking 5001 overlaps booking 5002." in told
    enforcing = run("rules", "set", "--business-id", "1", "--enforcement", "enforce").output
    assert "Double bookings are refused" in enforcing
    assert "They stay until someone moves or cancels one of each" in enforcing
    assert "booking 5001 overlaps booking 5002." in enforcing
    assert the_town.sql("SELECT count(*) FROM bookings WHERE id IN (5001, 5002) AND status = 1") == [(2,)]
    assert "refused" in run("rules", "findings", "--business-id", "1").output.splitlines()[0]
    assert (
        "Nothing overlaps now."
        in run("rules", "set", "--business-id", "2", "--enforcement", "enforce").output
    )


def test_a_booking_app_is_told_the_secret_once_and_asked_until_it_is_removed(
    run: Run, with_keys: WithKeys, the_town
) -> None:
    with_keys(key(1))
    url = "https://app.example/daybridge?key=S3CR3T"
    made = run("rules", "delegate", "--business-id", "1", "--url", url)
    secret = made.stdout.strip()
    assert re.fullmatch(r"dbd_[a-z2-9]{32}", secret)
    assert "shown this once" in made.stderr
    assert "docs/delegate.md" in made.stderr
    shown = run("rules", "show", "--business-id", "1").output
    assert "delegate     set      https://app.example/daybridge is asked" in shown
    assert secret not in shown
    assert "S3CR3T" not in shown
    assert "delegate     none" in run("rules", "show", "--business-id", "2").output
    assert "asked no more" in run("rules", "delegate", "--business-id", "1", "--remove").output
    assert "delegate     none" in run("rules", "show", "--business-id", "1").output
    assert "nothing has changed" in run("rules", "delegate", "--business-id", "1", "--remove").output


def test_a_booking_app_needs_a_key_and_whoever_has_none_is_told_how_to_make_one(run: Run, the_town) -> None:
    words = ("rules", "delegate", "--business-id", "1", "--url", "https://app.example/")
    assert "daybridge keys new" in run(*words, ok=False).output
    assert the_town.sql("SELECT count(*) FROM daybridge.business_settings") == [(0,)]


def test_the_first_key_is_printed_as_the_line_to_put_into_the_file(run: Run, with_keys: WithKeys) -> None:
    made = run("keys", "new")
    [line] = made.stdout.splitlines()
    assert "under [keys]" in made.stderr
    file = with_keys()
    assert str(file) in run("keys", "new").stderr
    file.write_text(f"[keys]\n{line}\n")
    assert run("rules", "delegate", "--business-id", "1", "--url", "https://app.example/").exit_code == 0
    assert run("keys", "new").stdout != run("keys", "new").stdout


def test_a_key_is_changed_without_losing_a_secret(run: Run, with_keys: WithKeys) -> None:
    file = with_keys(key(1))
    run("rules", "delegate", "--business-id", "1", "--url", "https://app.example/")
    run("rules", "delegate", "--business-id", "2", "--url", "https://app.example/")
    assert "There is no older key." in run("keys", "rotate").output
    made = run("keys", "new")
    assert f"in front of the 1 under [keys] encryption in {file}" in made.stderr
    assert key(1) not in made.output
    new = made.stdout.strip().strip('",')

    with_keys(new, key(1))
    assert "under an older key" in run("doctor").output
    rotated = run("keys", "rotate").output
    assert "2 secrets are stored; 2 of them were encrypted anew." in rotated
    assert "The older ones (1) may be removed" in rotated
    assert "2 secrets are stored; 0 of them were encrypted anew." in run("keys", "rotate").output

    with_keys(new)
    assert "ok  secrets: 2 stored secrets can be opened" in run("doctor").output


def test_with_the_wrong_key_nothing_is_rotated(run: Run, with_keys: WithKeys, the_town) -> None:
    with_keys(key(1))
    run("rules", "delegate", "--business-id", "1", "--url", "https://app.example/")
    before = the_town.sql("SELECT delegate_secret FROM daybridge.business_settings")
    with_keys(key(2))
    output = run("keys", "rotate", ok=False).output
    assert "Nothing was changed: 1 of 1 stored secrets can't be opened" in output
    assert "rules delegate --business-id 1" in output
    with_keys("do-not-tell", key(1))
    output = run("keys", "rotate", ok=False).output
    assert "Key 1 of [keys] encryption is not 32 bytes in base64." in output
    assert "do-not-tell" not in output
    assert the_town.sql("SELECT delegate_secret FROM daybridge.business_settings") == before
    assert "no  secrets" in run("doctor", ok=False).output


def test_keys_that_others_can_read_are_refused(run: Run, with_keys: WithKeys) -> None:
    with_keys(key(1)).chmod(0o644)
    for words in (("keys", "new"), ("keys", "rotate")):
        assert "chmod 600" in run(*words, ok=False).output
