"""The documents say what is true: every command and setting appears, and every link leads somewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import click
import pytest

from gateway.cli import main
from gateway.settings import Settings, spelled
from tests import texts

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
TEXT = "\n".join(path.read_text(encoding="utf-8") for path in DOCUMENTS)


def commands(group: click.Group = main, above: str = "") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        yield f"{above}{name}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{above}{name} ")


@pytest.mark.parametrize(
    ("name", "command"), list(commands()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_every_command_is_explained(name: str, command: click.Command) -> None:
    assert command.help, f"daybridge {name} --help says nothing"
    assert name.split()[0] in TEXT
    for option in command.params:
        if (
            isinstance(option, click.Option)
            and not option.hidden
            and option.name not in ("scope", "detail", "help")
        ):
            assert option.help, f"daybridge {name} {option.opts[0]} says nothing"


@pytest.mark.parametrize("name", [field.name for field in fields(Settings)])
def test_every_setting_is_explained_in_the_example(name: str) -> None:
    example = (ROOT / "config" / "daybridge.example.toml").read_text(encoding="utf-8")
    table, _, key = spelled(name).rpartition(".")
    part = example.partition(f"\n[{table}]\n")[2] if table else example
    before, found, _ = part.partition(f"#{key} =")
    assert found
    assert not table or "\n[" not in before
    assert before.rstrip().splitlines()[-1].startswith("# "), f"{name} stands there without a word"


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)", path.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (path.parent / target).exists(), target


def test_the_rooms_on_the_map_exist() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for room in re.findall(r"`((?:gateway|radicale_plugin|bridge|tests)(?:/[\w.]+)*/?)`", readme):
        assert (ROOT / room).exists(), room
    services = re.search(r"`gateway/services`: one verb each\.(.*)\|", readme)
    assert services
    for name in re.findall(r"`(\w+)`", services[1]):
        assert (ROOT / "gateway" / "services" / f"{name}.py").exists(), name


def test_the_catalogue_of_texts_is_up_to_date() -> None:
    assert texts.CATALOGUE.read_bytes() == texts.written(), "make texts"
