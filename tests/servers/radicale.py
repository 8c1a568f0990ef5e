"""Radicale, as it comes: a real CalDAV server, with people and their passwords."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers.peer import free_port, running


@dataclass(frozen=True)
class Radicale:
    url: str
    folder: Path
    people: dict[str, str]

    def change_password(self, name: str, password: str) -> None:
        self.people[name] = password
        write_passwords(self.folder, self.people)

    def forget_tokens(self) -> None:
        """Every sync token that it gave out is from another time now."""
        for folder in self.folder.rglob(".Radicale.cache/sync-token"):
            for kept in folder.iterdir():
                kept.unlink()


def write_passwords(folder: Path, people: Mapping[str, str]) -> None:
    lines = "".join(f"{name}:{password}\n" for name, password in people.items())
    fresh = folder / "passwords.new"
    fresh.write_text(lines)
    fresh.replace(folder / "passwords")  # at once: it is read at each request


@contextmanager
def start(folder: Path, people: Mapping[str, str]) -> Iterator[Radicale]:
    port = free_port()
    folder.mkdir(exist_ok=True)
    write_passwords(folder, people)
    settings = folder / "settings.ini"
    settings.write_text(
        f"[server]\nhosts = 127.0.0.1:{port}\n"
        f"[auth]\ntype = htpasswd\nhtpasswd_filename = {folder / 'passwords'}\nhtpasswd_encryption = plain\ndelay = 0\n"
        f"[storage]\nfilesystem_folder = {folder / 'collections'}\n"
        "[logging]\nlevel = warning\n"
    )
    command = [sys.executable, "-m", "radicale", "--config", str(settings)]
    with running(command, port, folder):
        yield Radicale(f"http://127.0.0.1:{port}", folder, dict(people))
