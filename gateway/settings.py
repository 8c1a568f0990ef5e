"""Settings: a TOML file that says how, and a second one, readable by nobody else, that holds the secrets.

`--config`, else $DAYBRIDGE_CONFIG, else config/daybridge.toml, else the defaults below; DATABASE_URL overrides
`database_url`. An unknown key is an error that names the nearest known one. config/daybridge.example.toml explains
each of them. What stands in a table of the file (`[api] requests_per_minute`) is one field here
(`api_requests_per_minute`).
"""

from __future__ import annotations

import difflib
import json
import os
import ssl
import stat
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

DEFAULT_CONFIG = Path("config/daybridge.toml")

# The first word of these fields is a table of the file, or one within [providers].
_TABLES = {
    **{name: name for name in ("api", "keys", "providers", "sync", "writeback")},
    "google": "providers.google",
    "microsoft": "providers.microsoft",
}
_ON_DELETE = ("ask", "cancel", "refuse")


class SettingsError(Exception):
    """A setting can't be used; the message says which, why, and what to write instead."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How this installation runs. Addresses and folders as text; durations in the unit of their name."""

    database_url: str = ""  # empty: the embedded PostgreSQL under data_dir
    data_dir: str = "data"
    listen: str = "127.0.0.1:8080"
    public_url: str = ""  # empty: http://<listen>, right only on this machine
    trusted_proxy: str = ""  # address of the web server in front; empty: there is none
    credentials_file: str = ""
    translations: str = ""  # a folder of catalogues for further languages; empty: there is none
    worker_poll_ms: int = 100
    tombstone_days: int = 90
    threads: int = 8
    api_requests_per_minute: int = 600
    writeback_on_delete: str = "ask"
    sync_poll_seconds: int = 300
    sync_import_days_ahead: int = 400
    providers_allow_private_addresses: bool = False
    providers_ca_bundle: str = ""  # empty: the authorities that come with Python's requests
    providers_caldav: bool = True  # accounts and calendar addresses that people type themselves
    providers_practice: bool = False  # an invented provider, for trying things out
    # Addresses that are empty are Google's own; a stand-in for tests has others.
    google_authorize_url: str = ""
    google_token_url: str = ""
    google_revoke_url: str = ""
    google_api_endpoint: str = ""
    google_requests_per_minute: int = 600  # of one account
    google_requests_per_minute_in_all: int = 10_000
    # Empty: Microsoft's own, for every kind of account.
    microsoft_authority: str = ""
    microsoft_graph_endpoint: str = ""
    microsoft_instance_discovery: bool = True
    microsoft_requests_per_minute: int = 1_000  # of one account
    microsoft_requests_per_minute_in_all: int = 60_000

    def __post_init__(self) -> None:
        host, _, port = self.listen.rpartition(":")
        if not host or not port.isdecimal() or not 0 < int(port) < 65536:
            raise SettingsError(f'listen = "{self.listen}" is no address; write it as "127.0.0.1:8080".')
        if self.public_url and not self.public_url.startswith(("http://", "https://")):
            raise SettingsError(
                f'public_url = "{self.public_url}" must begin with https:// (or http:// for a trial).'
            )
        if self.writeback_on_delete not in _ON_DELETE:
            raise SettingsError(
                f'writeback.on_delete = "{self.writeback_on_delete}" is none of: {", ".join(_ON_DELETE)}.'
            )
        for name, (least, most) in _BOUNDS.items():
            if not least <= getattr(self, name) <= most:
                raise SettingsError(f"{spelled(name)} must lie between {least} and {most}.")

    @property
    def host(self) -> str:
        return self.listen.rpartition(":")[0]

    @property
    def port(self) -> int:
        return int(self.listen.rpartition(":")[2])

    @property
    def address(self) -> str:
        """Where people reach this installation, without a slash at the end."""
        return (self.public_url or f"http://{self.listen}").rstrip("/")


_BOUNDS: Mapping[str, tuple[int, int]] = {
    "worker_poll_ms": (50, 60_000),
    "tombstone_days": (1, 3650),
    "threads": (1, 256),
    "api_requests_per_minute": (1, 1_000_000),
    "sync_poll_seconds": (10, 86_400),
    "google_requests_per_minute": (2, 1_000_000),
    "google_requests_per_minute_in_all": (2, 10_000_000),
    "microsoft_requests_per_minute": (2, 1_000_000),
    "microsoft_requests_per_minute_in_all": (2, 10_000_000),
    "sync_import_days_ahead": (1, 3650),
}


@dataclass(frozen=True, slots=True)
class Credentials:
    """The secrets. Never printed: `repr` shows which are set, not what they are.

    Of the encryption keys the first is used for what is written, all of them for what is read.
    """

    session: str = field(default="", repr=False)
    sign_in: str = field(default="", repr=False)
    keys_encryption: tuple[str, ...] = field(default=(), repr=False)
    google_client_id: str = ""
    google_client_secret: str = field(default="", repr=False)
    microsoft_client_id: str = ""
    microsoft_client_secret: str = field(default="", repr=False)


def load(config: Path | None, environ: Mapping[str, str]) -> Settings:
    """Read the settings. Raises SettingsError with the file, the key and the remedy."""
    path = config or (Path(environ["DAYBRIDGE_CONFIG"]) if environ.get("DAYBRIDGE_CONFIG") else None)
    if path is None and DEFAULT_CONFIG.exists():
        path = DEFAULT_CONFIG
    settings = parse(_read(path), str(path)) if path else Settings()
    if environ.get("DATABASE_URL"):
        settings = replace(settings, database_url=environ["DATABASE_URL"])
    if settings.providers_ca_bundle:
        _require_certificates(settings.providers_ca_bundle)
    return settings


def _require_certificates(path: str) -> None:
    # Otherwise it would be noticed only when another server is asked, and look like that server's fault.
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except (OSError, ValueError) as error:
        raise SettingsError(
            f'providers.ca_bundle = "{path}" must name a file that holds certificates, in PEM.'
        ) from error


def parse(table: Mapping[str, Any], source: str) -> Settings:
    """Settings out of a TOML table. Raises SettingsError for unknown keys and wrong types."""
    kinds = {spelled(f.name): (f.name, type(f.default)) for f in fields(Settings)}
    found = dict[str, Any]()
    for key, value in _flat(table, list(kinds), source, "setting"):
        name, kind = kinds[key]
        if type(value) is not kind:
            raise SettingsError(f"{source}: {key} must be {_KINDS[kind]}, not {value!r}.")
        found[name] = value
    try:
        return Settings(**found)
    except SettingsError as error:
        raise SettingsError(f"{source}: {error}") from error


def written(settings: Settings) -> str:
    """These settings as a file has them: what `parse` reads is the same again."""
    tables: dict[str, list[str]] = {}
    for each in fields(Settings):
        table, _, key = spelled(each.name).rpartition(".")
        # A text of JSON is one of TOML too, but for one sign.
        value = json.dumps(getattr(settings, each.name), ensure_ascii=False).replace("\x7f", "\\u007f")
        tables.setdefault(table, []).append(f"{key} = {value}")
    parts = [f"[{table}]\n" * bool(table) + "\n".join(lines) for table, lines in sorted(tables.items())]
    return "\n\n".join(parts) + "\n"


def spelled(name: str) -> str:
    """How the file spells a field: "api.requests_per_minute", with the table before the dot."""
    table, _, rest = name.partition("_")
    return f"{_TABLES[table]}.{rest}" if table in _TABLES else name


def load_credentials(settings: Settings) -> Credentials:
    """Read the secrets. Raises SettingsError when others on this machine could read them too."""
    if not settings.credentials_file:
        return Credentials()
    path = Path(settings.credentials_file)
    table = _read(path)
    if os.name == "posix" and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise SettingsError(f"{path} can be read by others on this machine; run: chmod 600 {path}")
    return _credentials(table, str(path))


def _credentials(table: Mapping[str, Any], source: str) -> Credentials:
    """No message of these says a value."""
    # `session` also stands alone in the files of the first release.
    known = ["keys.encryption", "keys.session", "keys.sign_in", "session", *_CLIENTS]
    given = dict(_flat(table, known, source, "credential"))
    if "session" in given and "keys.session" in given:
        raise SettingsError(f"{source}: session stands there twice; keep the one under [keys].")
    session = given.get("keys.session", given.get("session", ""))
    if not isinstance(session, str):
        raise SettingsError(f"{source}: keys.session must be {_KINDS[str]}.")
    sign_in = given.get("keys.sign_in", "")
    if not isinstance(sign_in, str) or 0 < len(sign_in) < _SHORTEST_SECRET:
        raise SettingsError(
            f"{source}: keys.sign_in must be a text of {_SHORTEST_SECRET} characters or more."
        )
    encryption = given.get("keys.encryption", [])
    if not isinstance(encryption, list) or not all(isinstance(key, str) and key for key in encryption):
        raise SettingsError(f'{source}: keys.encryption must be a list of texts, as ["newest", "older"].')
    clients = {name.replace(".", "_"): given.get(name, "") for name in _CLIENTS}
    for name in _CLIENTS:
        if not isinstance(given.get(name, ""), str):
            raise SettingsError(f"{source}: {name} must be {_KINDS[str]}.")
    return Credentials(session=session, sign_in=sign_in, keys_encryption=tuple(encryption), **clients)


# Shorter ones can be guessed from a single link.
_SHORTEST_SECRET = 32

# As whom this installation comes to the providers.
_CLIENTS = tuple(
    f"{name}.{key}" for name in ("google", "microsoft") for key in ("client_id", "client_secret")
)

_KINDS: Mapping[type, str] = {str: 'a text in "quotes"', int: "a whole number", bool: "true or false"}


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise SettingsError(f"There is no file {path}.") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path} can't be read: {error}") from error


def _flat(table: Mapping[str, Any], known: list[str], source: str, what: str) -> Iterator[tuple[str, Any]]:
    """Every key of a file, with its table before the dot. Raises SettingsError for one that isn't known."""
    tables = _tables_of(known)
    for key, value in table.items():
        if isinstance(value, dict) and key not in known:
            yield from _within(key, value, known, source, what, tables)
        elif key not in known:
            raise SettingsError(f"{source}: there is no {what} {key!r}.{_nearest(key, known)}")
        else:
            yield key, value


def _within(
    key: str, table: Mapping[str, Any], known: list[str], source: str, what: str, tables: list[str]
) -> Iterator[tuple[str, Any]]:
    if f"[{key}]" not in tables:
        raise SettingsError(f"{source}: there is no table [{key}].{_nearest(f'[{key}]', tables)}")
    for name, value in table.items():
        whole = f"{key}.{name}"
        if isinstance(value, dict) and whole not in known:
            yield from _within(whole, value, known, source, what, tables)
        elif whole not in known:
            raise SettingsError(f"{source}: there is no {what} {whole!r}.{_nearest(whole, known)}")
        else:
            yield whole, value


def _tables_of(known: list[str]) -> list[str]:
    """ "[providers]" and "[providers.google]" of "providers.google.token_url"."""
    parts = [key.split(".")[:-1] for key in known]
    return sorted({f"[{'.'.join(part[:n])}]" for part in parts for n in range(1, len(part) + 1)})


def _nearest(key: str, known: list[str]) -> str:
    close = difflib.get_close_matches(key, known, n=1)
    # A name without its table, or the table alone.
    close = close or [name for name in known if key and key in name.split(".")][:1]
    if not close:
        return f" Known: {', '.join(sorted(set(known)))}."
    return f" Did you mean {close[0] if close[0][0] == '[' else repr(close[0])}?"
