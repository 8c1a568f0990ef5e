"""Settings: a TOML file that says how, and a second one, readable by nobody else, that holds the secrets.

`--config`, else $DAYBRIDGE_CONFIG, else config/daybridge.toml, else the defaults below; DATABASE_URL overrides
`database_url`. An unknown key is an error that names the nearest known one. config/daybridge.example.toml explains
each of them.
"""

from __future__ import annotations

import difflib
import os
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

DEFAULT_CONFIG = Path("config/daybridge.toml")


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
    worker_poll_ms: int = 200
    tombstone_days: int = 90
    threads: int = 8

    def __post_init__(self) -> None:
        host, _, port = self.listen.rpartition(":")
        if not host or not port.isdecimal() or not 0 < int(port) < 65536:
            raise SettingsError(f'listen = "{self.listen}" is no address; write it as "127.0.0.1:8080".')
        if self.public_url and not self.public_url.startswith(("http://", "https://")):
            raise SettingsError(
                f'public_url = "{self.public_url}" must begin with https:// (or http:// for a trial).'
            )
        if not 50 <= self.worker_poll_ms <= 60_000:
            raise SettingsError("worker_poll_ms must lie between 50 and 60000.")
        if not 1 <= self.tombstone_days <= 3650:
            raise SettingsError("tombstone_days must lie between 1 and 3650.")
        if not 1 <= self.threads <= 256:
            raise SettingsError("threads must lie between 1 and 256.")

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


@dataclass(frozen=True, slots=True)
class Credentials:
    """The secrets. Never printed: `repr` shows which are set, not what they are."""

    session: str = field(default="", repr=False)


def load(config: Path | None, environ: Mapping[str, str]) -> Settings:
    """Read the settings. Raises SettingsError with the file, the key and the remedy."""
    path = config or (Path(environ["DAYBRIDGE_CONFIG"]) if environ.get("DAYBRIDGE_CONFIG") else None)
    if path is None and DEFAULT_CONFIG.exists():
        path = DEFAULT_CONFIG
    settings = parse(_read(path), str(path)) if path else Settings()
    if environ.get("DATABASE_URL"):
        settings = replace(settings, database_url=environ["DATABASE_URL"])
    return settings


def parse(table: Mapping[str, Any], source: str) -> Settings:
    """Settings out of a TOML table. Raises SettingsError for unknown keys and wrong types."""
    kinds = {f.name: type(f.default) for f in fields(Settings)}
    for key, value in table.items():
        if key not in kinds:
            raise SettingsError(f"{source}: there is no setting {key!r}.{_nearest(key, list(kinds))}")
        if type(value) is not kinds[key]:
            raise SettingsError(f"{source}: {key} must be {_KINDS[kinds[key]]}, not {value!r}.")
    try:
        return Settings(**table)
    except SettingsError as error:
        raise SettingsError(f"{source}: {error}") from error


def load_credentials(settings: Settings) -> Credentials:
    """Read the secrets. Raises SettingsError when others on this machine could read them too."""
    if not settings.credentials_file:
        return Credentials()
    path = Path(settings.credentials_file)
    table = _read(path)
    if os.name == "posix" and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise SettingsError(f"{path} can be read by others on this machine; run: chmod 600 {path}")
    known = [f.name for f in fields(Credentials)]
    for key in table:
        if key not in known:
            raise SettingsError(f"{path}: there is no credential {key!r}.{_nearest(key, known)}")
    return Credentials(**table)


_KINDS: Mapping[type, str] = {str: 'a text in "quotes"', int: "a whole number", bool: "true or false"}


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise SettingsError(f"There is no file {path}.") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path} can't be read: {error}") from error


def _nearest(key: str, known: list[str]) -> str:
    close = difflib.get_close_matches(key, known, n=1)
    return f" Did you mean {close[0]!r}?" if close else f" Known: {', '.join(sorted(known))}."
