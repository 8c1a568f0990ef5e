"""Settings: what is wrong is said before anything starts, and with the way to put it right."""

from __future__ import annotations

import re
import tomllib
from dataclasses import fields
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import settings
from gateway.core.rules import OnDelete
from gateway.settings import Settings, SettingsError
from tests.providers.certificates import Authority

EXAMPLE = Path(__file__).parents[1] / "config" / "daybridge.example.toml"
SECRETS = EXAMPLE.with_name("credentials.example.toml")


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
        (
            '[writeback]\non_delte = "ask"',
            "there is no setting 'writeback.on_delte'. Did you mean 'writeback.on_delete'?",
        ),
        ('[writebak]\non_delete = "ask"', "there is no table [writebak]. Did you mean [writeback]?"),
        (
            "[nonsense]",
            "there is no table [nonsense]. Known: [api], [providers.google], [providers.microsoft], [providers],"
            " [sync], [writeback].",
        ),
        ('writeback = "ask"', "Did you mean 'writeback.on_delete'?"),
        ("api_requests_per_minute = 5", "Did you mean 'api.requests_per_minute'?"),
        ("requests_per_minute = 5", "Did you mean 'api.requests_per_minute'?"),
        (
            '[writeback]\non_delete = "perhaps"',
            'writeback.on_delete = "perhaps" is none of: ask, cancel, refuse.',
        ),
        ("[writeback]\non_delete = true", 'writeback.on_delete must be a text in "quotes", not True.'),
        ("[api]\nrequests_per_minute = 0", "api.requests_per_minute must lie between 1 and 1000000."),
        ("[sync]\nimport_days_ahead = 0", "sync.import_days_ahead must lie between 1 and 3650."),
        ("[sync.import_days_ahead]\nx = 1", "sync.import_days_ahead must be a whole number"),
        ("[providers]\nallow_private_addresses = 1", "allow_private_addresses must be true or false"),
        ("[providers]\nca_bundle = true", 'providers.ca_bundle must be a text in "quotes"'),
    ],
)
def test_a_wrong_setting_is_named_with_its_remedy(tmp_path: Path, text: str, words: str) -> None:
    file = write(tmp_path / "s.toml", text)
    with pytest.raises(SettingsError) as caught:
        settings.load(file, {})
    assert words in str(caught.value)
    assert "s.toml" in str(caught.value)


@pytest.mark.parametrize("what", ["nothing", "a folder", "no certificates", "half a certificate", "a NUL"])
def test_authorities_that_can_not_be_read_are_refused_at_the_start(tmp_path: Path, what: str) -> None:
    """Later, it would look as if the servers that are asked were the ones at fault."""
    bundle = tmp_path / "authorities.pem"
    if what == "a folder":
        bundle.mkdir()
    elif what == "no certificates":
        bundle.write_text("these are no certificates")
    elif what == "half a certificate":
        whole = Authority(tmp_path).bundle.read_text()
        bundle.write_text(whole[: len(whole) // 2])
    path = f"{bundle}\\u0000" if what == "a NUL" else str(bundle)
    file = write(tmp_path / "s.toml", f'[providers]\nca_bundle = "{path}"')
    with pytest.raises(
        SettingsError, match=r"providers\.ca_bundle = .* must name a file that holds certificates"
    ):
        settings.load(file, {})


def test_authorities_of_ones_own_are_taken(tmp_path: Path) -> None:
    bundle = Authority(tmp_path).bundle
    file = write(tmp_path / "s.toml", f'[providers]\nca_bundle = "{bundle}"')
    assert settings.load(file, {}).providers_ca_bundle == str(bundle)


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


def test_what_stands_in_tables_is_one_setting_each(tmp_path: Path) -> None:
    text = """
        threads = 3
        [api]
        requests_per_minute = 7
        [writeback]
        on_delete = "refuse"
        [sync]
        import_days_ahead = 30
        [providers]
        allow_private_addresses = true
    """
    assert settings.load(write(tmp_path / "s.toml", text), {}) == Settings(
        threads=3,
        api_requests_per_minute=7,
        writeback_on_delete="refuse",
        sync_import_days_ahead=30,
        providers_allow_private_addresses=True,
    )


def test_every_answer_to_a_deleted_event_can_be_set() -> None:
    for answer in OnDelete:
        assert settings.parse({"writeback": {"on_delete": answer.value}}, "s").writeback_on_delete == answer


def credentials(folder: Path, text: str) -> settings.Credentials:
    return settings.load_credentials(Settings(credentials_file=str(write(folder / "c.toml", text))))


def test_the_keys_are_read_from_their_table(tmp_path: Path) -> None:
    loaded = credentials(tmp_path, '[keys]\nsession = "one"\nencryption = ["newest", "older"]')
    assert (loaded.session, loaded.keys_encryption) == ("one", ("newest", "older"))
    assert not {"one", "newest", "older"} & set(repr(loaded).replace("'", " ").split())
    assert credentials(tmp_path, 'session = "as of old"').session == "as of old"
    assert credentials(tmp_path, "").keys_encryption == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[keys]\nsesion = "hush"', "there is no credential 'keys.sesion'. Did you mean 'keys.session'?"),
        ('[kees]\nsession = "hush"', "there is no table [kees]. Did you mean [keys]?"),
        ('session = "hush"\n[keys]\nsession = "hush"', "session stands there twice"),
        ("[keys]\nsession = ['hush']", "keys.session must be a text"),
        ('[keys]\nencryption = "hush"', "keys.encryption must be a list of texts"),
        ('[keys]\nencryption = ["hush", ""]', "keys.encryption must be a list of texts"),
        ('[keys]\nencryption = ["hush", 5]', "keys.encryption must be a list of texts"),
        ('keys = "hush"', "there is no credential 'keys'. Did you mean"),
    ],
)
def test_a_wrong_credential_is_named_and_its_value_never_said(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(SettingsError) as caught:
        credentials(tmp_path, text)
    assert words in str(caught.value)
    assert "hush" not in str(caught.value)


def answer(table: dict[str, Any]) -> Settings | str:
    try:
        return settings.parse(table, "s.toml")
    except SettingsError as error:
        return str(error)


_SPELLED = [settings.spelled(name) for name in Settings.__dataclass_fields__]
_WORDS = st.sampled_from(sorted({word for name in _SPELLED for word in name.split(".")})) | st.text(
    max_size=9
)
_VALUES = st.integers() | st.text(max_size=9) | st.booleans() | st.lists(st.integers(), max_size=2)


@given(st.dictionaries(_WORDS, _VALUES | st.dictionaries(_WORDS, _VALUES, max_size=3), max_size=4))
def test_whatever_stands_in_a_file_is_used_or_refused_in_words(table: dict[str, Any]) -> None:
    """Never another error, and never a value of another type."""
    told = answer(table)
    if isinstance(told, str):
        assert told.startswith("s.toml: ")
    else:
        for name, default in ((f.name, f.default) for f in fields(Settings)):
            assert type(getattr(told, name)) is type(default)
        given_ = {f"{k}.{i}" for k, v in table.items() if isinstance(v, dict) for i in v}
        assert given_ | {k for k, v in table.items() if not isinstance(v, dict)} <= set(_SPELLED)


def test_the_examples_explain_everything_and_can_be_used() -> None:
    for file, known in ((EXAMPLE, Settings), (SECRETS, settings.Credentials)):
        text = file.read_text(encoding="utf-8")
        shown = uncommented(text)
        for name, default in ((f.name, f.default) for f in fields(known)):
            table, _, key = settings.spelled(name).rpartition(".")
            if known is settings.Credentials:
                table, _, key = name.partition("_")
                if table not in ("google", "microsoft"):
                    table, key = "keys", name.removeprefix("keys_")
            there = reduce(lambda within, part: within[part], table.split("."), shown) if table else shown
            assert there[key] == (list(default) if isinstance(default, tuple) else default), name
            assert f"\n#{key} = " in text, f"{name} is no default there"
    assert settings.load(EXAMPLE, {}) == Settings()


def test_the_examples_uncommented_are_the_defaults(tmp_path: Path) -> None:
    assert settings.parse(uncommented(EXAMPLE.read_text(encoding="utf-8")), "example") == Settings()
    file = write(tmp_path / "c.toml", SECRETS.read_text(encoding="utf-8").replace("\n#", "\n# "))
    assert settings.load_credentials(Settings(credentials_file=str(file))) == settings.Credentials()


def uncommented(text: str) -> dict[str, Any]:
    return tomllib.loads(re.sub(r"^#(?=\w+ = )", "", text, flags=re.MULTILINE))


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), st.integers(1, 256), st.booleans())
def test_settings_that_are_written_are_read_the_same(text: str, number: int, flag: bool) -> None:
    some = Settings(data_dir=text, threads=number, google_token_url=text, providers_practice=flag)
    assert settings.parse(tomllib.loads(settings.written(some)), "written") == some
