"""Cyrus, as Debian has it: the CalDAV server that large mail providers run, with people and their passwords.

Everything that it has is in a folder of its own, which goes when it ends; what the machine has of it is left alone.
"""

from __future__ import annotations

import imaplib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers.peer import free_port, running

_PROGRAMS = Path("/usr/lib/cyrus/bin")
_NEEDED = ("master", "ctl_cyrusdb", "cyr_expire", "httpd", "imapd")
# From sasl2-bin, which isn't among Cyrus's packages.
_PASSWORDS = Path("/usr/sbin/saslpasswd2")
# It refuses to run as root.
_USER, _GROUP = "cyrus", "mail"
_FOLDERS = ("state/db", "state/socket", "spool", "running", "locks")


@dataclass(frozen=True)
class Cyrus:
    url: str
    folder: Path

    def home(self, name: str) -> str:
        """Where a person's calendars are."""
        return f"/dav/calendars/user/{name}/"

    def forget_tokens(self) -> None:
        """What was deleted is cleared away, as its administrators have it do each night: sync tokens of the time before
        can't be answered any more."""
        command = [*_become(), str(_PROGRAMS / "cyr_expire"), "-C", str(self.folder / "imapd.conf")]
        subprocess.run([*command, "-E", "1", "-X", "0"], check=True, capture_output=True, timeout=60)


def is_here() -> bool:
    """Whether this machine has all that it takes."""
    return all(path.exists() for path in (_PASSWORDS, *(_PROGRAMS / name for name in _NEEDED)))


@contextmanager
def start(people: Mapping[str, str]) -> Iterator[Cyrus]:
    """In a folder that it makes itself: those of a test run are closed to the user that it has to be."""
    with ExitStack() as stack:
        name = tempfile.TemporaryDirectory(prefix="cyrus-", ignore_cleanup_errors=True)
        folder = Path(stack.enter_context(name))
        http, imap = free_port(), free_port()
        _settle(folder, http, imap)
        for person, password in people.items():
            _let_in(folder, person, password)
        _own(folder)
        master = [str(_PROGRAMS / "master"), "-D", "-C", str(folder / "imapd.conf")]
        master += ["-M", str(folder / "cyrus.conf"), "-p", str(folder / "master.pid")]
        # When it ends it ends its whole session, so that must not be ours.
        stack.enter_context(running(["setsid", *_become(), *master], http, folder))
        for person, password in people.items():
            _make_home(imap, person, password)
        yield Cyrus(f"http://127.0.0.1:{http}", folder)


def _settle(folder: Path, http: int, imap: int) -> None:
    for name in _FOLDERS:
        (folder / name).mkdir(parents=True)
    settings = folder / "imapd.conf"
    settings.write_text(
        f"configdirectory: {folder / 'state'}\ndefaultpartition: default\npartition-default: {folder / 'spool'}\n"
        f"proc_path: {folder / 'running'}\nmboxname_lockpath: {folder / 'locks'}\n"
        f"cyrus_user: {_USER if os.geteuid() == 0 else _own_name()}\n"
        "servername: localhost\nvirtdomains: userid\nunixhierarchysep: yes\nallowplaintext: yes\n"
        "httpmodules: caldav\nautocreate_quota: 0\n"
        # Tests make the calendars that they want.
        "caldav_create_default: no\n"
        f"sasl_pwcheck_method: auxprop\nsasl_auxprop_plugin: sasldb\nsasl_sasldb_path: {folder / 'passwords'}\n"
    )
    # What it starts would look for the machine's settings again.
    own = f"-C {settings}"
    (folder / "cyrus.conf").write_text(
        f'START {{\n  recover cmd="ctl_cyrusdb {own} -r"\n}}\nSERVICES {{\n'
        f'  http cmd="httpd {own}" listen="127.0.0.1:{http}" prefork=1\n'
        f'  imap cmd="imapd {own}" listen="127.0.0.1:{imap}" prefork=0\n'
        "}\nEVENTS {\n}\n"
    )


def _let_in(folder: Path, person: str, password: str) -> None:
    name, _, realm = person.partition("@")
    command = [str(_PASSWORDS), "-p", "-c", "-f", str(folder / "passwords"), "-u", realm, name]
    subprocess.run(command, input=password.encode(), check=True, capture_output=True, timeout=60)


def _make_home(port: int, person: str, password: str) -> None:
    """Calendars are part of a mailbox, which is made when its owner first asks for their mail."""
    with imaplib.IMAP4("127.0.0.1", port, timeout=60) as mail:
        mail.login(person, password)


def _own(folder: Path) -> None:
    if os.geteuid() == 0:
        for path in (folder, *folder.rglob("*")):
            shutil.chown(path, _USER, _GROUP)


def _become() -> list[str]:
    return ["setpriv", "--reuid", _USER, "--regid", _GROUP, "--clear-groups"] if os.geteuid() == 0 else []


def _own_name() -> str:
    return pwd.getpwuid(os.geteuid()).pw_name
