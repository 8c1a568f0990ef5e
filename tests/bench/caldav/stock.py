"""Stock Radicale with the very events of our calendars: its own storage, its default settings, and no delays."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from radicale import config, storage

USER = "bench"

# Without passwords and at the log level that costs it least; `auth.type` has no default that lets anyone in.
_CONFIG = """
[auth]
type = none
delay = 0
[server]
delay_on_error = 0
[storage]
filesystem_folder = {storage}
[web]
type = none
[logging]
level = warning
"""


def prepare(folder: Path) -> dict[str, str]:
    """Write the configuration; what the server needs to know in its environment."""
    folder.mkdir(parents=True)
    _file(folder).write_text(_CONFIG.format(storage=folder / "storage"), encoding="utf-8")
    return {"RADICALE_CONFIG": str(_file(folder))}


def _file(folder: Path) -> Path:
    return folder / "radicale.ini"


def path(size: int) -> str:
    return f"/{USER}/n{size}/"


def fill(folder: Path, size: int, bodies: Mapping[str, bytes]) -> None:
    """A calendar as Radicale itself lays it down: a folder with one file for each event."""
    collection = folder / "storage" / "collection-root" / USER / f"n{size}"
    collection.mkdir(parents=True)
    (collection / ".Radicale.props").write_text(json.dumps({"tag": "VCALENDAR"}), encoding="utf-8")
    for name, body in bodies.items():
        (collection / name).write_bytes(body)


def warm(folder: Path, size: int) -> None:
    """Fill Radicale's caches, as its first listing and first sync would, but without an fsync for each of the events:
    with them ten thousand take minutes. The server itself keeps the default and syncs what it writes."""
    settings = config.load([(str(_file(folder)), False)])
    settings.update({"storage": {"_filesystem_fsync": "False"}}, "bench", privileged=True)
    [calendar] = storage.load(settings).discover(path(size), depth="0")
    assert isinstance(calendar, storage.BaseCollection)
    calendar.sync()
