"""What is committed: nothing of one machine, nothing of someone else's."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_ONE_MACHINE = re.compile(r"/(?:work|root|home/[a-z]+)/")
_INDEX_HOST = re.compile(r"https?://[^\s\"']*(?:pypi|pythonhosted|npmjs)", re.IGNORECASE)


def tracked() -> list[Path]:
    try:
        listed = subprocess.run(
            ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout
        return [ROOT / name for name in listed.splitlines() if (ROOT / name).is_file()]
    except (subprocess.CalledProcessError, FileNotFoundError):
        return [path for path in ROOT.rglob("*") if path.is_file() and ".venv" not in path.parts]


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="ignore")


def test_the_lock_has_a_hash_for_everything_and_names_no_host() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = text_of(ROOT / name)
        pinned = re.findall(r"^[a-z0-9_.-]+(?:\[[a-z,]+\])?==[^\s\\]+", text, re.MULTILINE)
        assert len(pinned) > 10
        for block in re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]:
            assert "--hash=sha256:" in block, block.splitlines()[0]
        assert "http" not in "".join(line for line in text.splitlines() if line.startswith("-"))


@pytest.mark.parametrize(
    "pattern", [_ONE_MACHINE, _INDEX_HOST], ids=["a path of one machine", "an index host"]
)
def test_nothing_committed_names(pattern: re.Pattern[str]) -> None:
    allowed = {Path(__file__)}
    found = [
        str(path.relative_to(ROOT))
        for path in tracked()
        if path not in allowed and pattern.search(text_of(path))
    ]
    assert not found
