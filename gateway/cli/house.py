"""How a command gets at the house: settings read, the database there, everything built."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from gateway import settings as settings_file
from gateway import wiring
from gateway.db import embedded, sealed
from gateway.services.deps import Deps
from gateway.settings import Settings

# Progress goes beside the results, so that these can be piped.
console = Console(stderr=True)


@dataclass(frozen=True, slots=True)
class Entrance:
    """What every command starts from."""

    config: Path | None

    def settings(self) -> Settings:
        return settings_file.load(self.config, os.environ)

    @contextmanager
    def house(self, settings: Settings | None = None, *, direct: bool = False) -> Iterator[Deps]:
        """The house with its database: the one named by database_url, or the embedded one for as long as needed.
        `direct` as in `wiring.build`."""
        with with_database(settings or self.settings()) as complete:
            deps = wiring.build(complete, direct=direct)
            try:
                yield deps
            finally:
                deps.database.close()


@contextmanager
def with_database(settings: Settings) -> Iterator[Settings]:
    """Settings that name a running database."""
    if settings.database_url:
        yield settings
        return
    with console.status("Starting the embedded PostgreSQL"):
        server = embedded.start(Path(settings.data_dir) / "postgres")
    with server:
        yield replace(settings, database_url=server.url)


def with_secrets(settings: Settings) -> Settings:
    """Settings that name a file of secrets: where there is none, one beside the data, made once and kept."""
    if settings.credentials_file:
        return settings
    folder = Path(settings.data_dir)
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "credentials.toml"
    if not file.exists():
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
            key, session = sealed.new_key(os.urandom), sealed.new_key(os.urandom)
            opened.write(f'[keys]\nencryption = ["{key}"]\nsession = "{session}"\n')
    return replace(settings, credentials_file=str(file))


@contextmanager
def progress() -> Iterator[Progress]:
    """A progress display for whatever may take more than a second."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as display:
        yield display


pass_entrance = click.make_pass_decorator(Entrance)
