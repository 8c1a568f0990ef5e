"""A computer with vdirsyncer on it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import requests

from tests.conftest import Person, Town


@dataclass
class Desk:
    """A computer on which vdirsyncer keeps a copy of someone's calendars, and what it asked the server."""

    folder: Path
    address: str
    town: Town
    person: Person
    asked: list[str] = field(default_factory=list)

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
        """The copied events by the number of their booking, or by their UID."""
        found = {}
        for path in (self.folder / "files" / calendar).glob("*.ics"):
            uid = re.search(
                r"^UID:(?:booking-(\d+)@)?(.*?)\r?$", path.read_text(encoding="utf-8"), re.MULTILINE
            )
            found[uid[1] or uid[2]] = path
        return found

    def served(self, booking_id: str, calendar: str = "bookings") -> bytes:
        return requests.get(
            f"{self.address}{self.person.home}{calendar}/booking-{booking_id}.ics",
            auth=(self.person.email, self.person.password),
            timeout=5,
        ).content
