"""A computer with vdirsyncer on it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import requests

from tests.caldav.client import OverSocket
from tests.conftest import Person, Town
from tests.essence import essence


@dataclass
class Desk:
    """A computer on which vdirsyncer keeps a copy of someone's calendars, and what it asked the server."""

    folder: Path
    address: str
    town: Town
    person: Person
    asked: list[str] = field(default_factory=list)
    before: dict[str, Callable[[], None]] = field(default_factory=dict)

    def is_asked(self, method: str, path: str) -> None:
        """A request has come in; what `before` has for its method happens first, once."""
        self.before.pop(method, lambda: None)()
        self.asked.append(f"{method} {path}")

    def configure(
        self, *, url: str = "/", collections: object = ("from b",), pair: str = "", server: str = ""
    ) -> None:
        """Write vdirsyncer's configuration; its values are JSON."""
        text = [
            *("[general]", f"status_path = {json.dumps(str(self.folder / 'status'))}"),
            *(
                "[pair work]",
                'a = "disk"',
                'b = "daybridge"',
                f"collections = {json.dumps(collections)}",
                pair,
            ),
            *("[storage disk]", 'type = "filesystem"', 'fileext = ".ics"'),
            f"path = {json.dumps(str(self.folder / 'files'))}",
            *("[storage daybridge]", 'type = "caldav"', f'url = "{self.address}{url}"', server),
            f'username = "{self.person.email}"',
            f'password = "{self.person.password}"',
        ]
        (self.folder / "config").write_text("\n".join(text) + "\n", encoding="utf-8")

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """vdirsyncer, answering yes to what it asks; what it prints is in `stdout`."""
        self.asked.clear()
        return subprocess.run(
            [Path(sys.executable).with_name("vdirsyncer"), "-c", self.folder / "config", *words],
            input="y\n" * 20,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            env={"HOME": str(self.folder), "PATH": os.defpath, "LANG": "C.UTF-8"},
        )

    def sync(self) -> str:
        """A sync that goes well; what vdirsyncer printed about it."""
        done = self.run("sync")
        assert done.returncode == 0, done.stdout
        return done.stdout

    def discover(self, **configuration: object) -> str:
        self.configure(**configuration)  # type: ignore[arg-type]
        done = self.run("discover")
        assert done.returncode == 0, done.stdout
        return done.stdout

    def files(self, calendar: str = "bookings") -> dict[str, Path]:
        """The copied events by the number of their booking, by their UID, or else by the name of their file."""
        found = {}
        for path in (self.folder / "files" / calendar).glob("*.ics"):
            text = path.read_text(encoding="utf-8")
            uid = re.search(r"^UID:(?:booking-(\d+)@)?(.*?)\r?$", text, re.MULTILINE)
            found[(uid[1] or uid[2]) if uid else path.stem] = path
        return found

    def writes(self) -> list[str]:
        """What the last command wrote to the server."""
        return [request for request in self.asked if request.startswith(("PUT ", "DELETE "))]

    def settles(self) -> None:
        """After two syncs at most the copy is what the server has; a further one copies and writes nothing."""
        self.sync()
        self.sync()
        assert sorted(map(told, map(Path.read_bytes, self.files().values()))) == sorted(self.everything())
        said = self.sync()
        assert "item" not in said
        assert self.writes() == []

    def everything(self) -> list[list[str]]:
        """What each object on the server says, in Alice's own calendar."""
        there, folder = OverSocket(self.address, self.person), self.person.bookings
        return [told(there("GET", folder + name).body) for name in there.names(folder)]

    def served(self, name: str, calendar: str = "bookings") -> bytes:
        """What the server has of a booking, by its number, or of a block."""
        href = f"booking-{name}" if name.isdecimal() else name
        return requests.get(
            f"{self.address}{self.person.home}{calendar}/{href}.ics",
            auth=(self.person.email, self.person.password),
            timeout=5,
        ).content


def without_cr(body: bytes) -> bytes:
    """XML turns each CRLF into LF (XML 1.0, 2.11), so that is what every CalDAV client gets from a REPORT."""
    return body.replace(b"\r\n", b"\n")


def told(body: bytes) -> list[str]:
    """An event's lines without those that vdirsyncer takes for no change, if they are all that changed."""
    return essence(without_cr(body).strip())
