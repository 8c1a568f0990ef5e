"""Settings: what is wrong is said before anything starts, and with the way to put it right."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from gateway import settings
from gateway.settings import Settings, SettingsError

EXAMPLE = Path(__file__).parents[1] / "config" / "daybridge.example.toml"


def write(path: Path, text: str, mode: int = 0o600) -> Path:
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def test_without_a_file_the_defaults_hold(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert settings.load(None, {}) == Settings()


def test_a_named_file_wins_over_the_environment_and_that_over_the_usual_place(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config").mkdir()
    write(tmp_path / "config" / "daybridge.toml", 'listen = "127.0.0.1:1111"')
    other = write(tmp_path / "other.toml", 'listen = "127.0.0.1:2222"')
    third = write(tmp_path / "third.toml", 'listen = "127.0.0.1:3333"')
    assert settings.load(None, {}).port == 1111
    assert settings.load(None, {"DAYBRIDGE_CONFIG": str(other)}).port == 2222
    assert settings.load(third, {"DAYBRIDGE_CONFIG": str(other)}).port == 3333


def test_database_url_of_the_environment_wins(tmp_path: Path) -> None:
    file = write(tmp_path / "s.toml", 'database_url = "postgresql://file/one"')
    assert (
        settings.load(file, {"DATABASE_URL": "postgresql://env/two"}).database_url == "postgresql://env/two"
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('databas_url = "x"', "Did you mean 'database_url'?"),
        ("zzz = 1", "Known: "),
        ("threads = 'four'", "threads must be a whole number"),
        ("threads = true", "threads must be a whole number"),
        ("listen = 8080", 'listen must be a text in "quotes"'),
        ('listen = "8080"', 'listen = "8080" is no address'),
        ('listen = "127.0.0.1:99999"', "is no address"),
        ('public_url = "cal.example.com"', "must begin with https://"),
        ("worker_poll_ms = 0", "between 50 and 60000"),
        ("this is no toml", "can't be read"),
    ],
)
def test_a_wrong_setting_is_named_with_its_remedy(tmp_path: Path, text: str, words: str) -> None:
    file = write(tmp_path / "s.toml", text)
    with pytest.raises(SettingsError) as caught:
        settings.load(file, {})
    assert words in str(caught.value)
    assert "s.toml" in str(caught.value)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="There is no file"):
        settings.load(tmp_path / "none.toml", {})


def test_credentials_that_others_can_read_are_refused(tmp_path: Path) -> None:
    file = write(tmp_path / "c.toml", 'session = "secret"', mode=0o644)
    with pytest.raises(SettingsError, match="chmod 600"):
        settings.load_credentials(Settings(credentials_file=str(file)))
    file.chmod(0o600)
    loaded = settings.load_credentials(Settings(credentials_file=str(file)))
    assert loaded.session == "secret"
    assert "secret" not in repr(loaded)


def test_the_example_explains_every_setting_and_can_be_used() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    for name in Settings.__dataclass_fields__:
        assert f"{name} =" in text, name
    uncommented = "\n".join(
        line.removeprefix("#")
        for line in text.splitlines()
        if line.startswith("#") and " = " in line and line[1] != " "
    )
    assert settings.load(EXAMPLE, {})
    assert settings.parse(tomllib.loads(uncommented), "example")
