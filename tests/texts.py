"""The catalogue of all texts of the pages, as translators begin with it: `make texts` writes it anew."""

from __future__ import annotations

import ast
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, Final

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import write_po

ROOT: Final = Path(__file__).parents[1]
CATALOGUE: Final = ROOT / "bridge" / "translations" / "messages.pot"
# The first that fits a file reads it.
_READ_BY: Final = [
    ("gateway/core/errors.py", "tests.texts:error_messages"),
    ("gateway/**.py", "python"),
    ("bridge/**.py", "python"),
    ("bridge/templates/**.html", "jinja2"),
]
_ROOMS: Final = ("bridge", "gateway")
_HEADER: Final = (
    "# The texts of Daybridge's pages. `make texts` writes this file; docs/translating.md explains it."
)


def texts() -> Catalog:
    """Every text that is marked, and the files that it stands in."""
    catalogue = Catalog(project="Daybridge", charset="utf-8", header_comment=_HEADER, fuzzy=False)
    found = extract_from_dir(
        ROOT,
        _READ_BY,
        {"bridge/templates/**.html": {"trimmed": "true", "silent": "false"}},
        directory_filter=lambda folder: Path(folder).relative_to(ROOT).parts[0] in _ROOMS,
    )
    for path, _, text, comments, context in found:
        catalogue.add(text, locations=[(path, 0)], auto_comments=comments, context=context)
    return catalogue


def written() -> bytes:
    """In the order of the files, without dates and the numbers of lines, which would change all the time."""
    out = io.BytesIO()
    write_po(out, texts(), width=118, include_lineno=False, sort_by_file=True)
    lines = out.getvalue().splitlines(keepends=True)
    return b"".join(
        line for line in lines if not line.startswith((b'"POT-Creation', b'"PO-Revision', b'"Generated'))
    )


def error_messages(
    file: BinaryIO, keywords: Mapping[str, object], comment_tags: Sequence[str], options: Mapping[str, object]
) -> Iterator[tuple[int, str, str, list[str]]]:
    """What the errors of the house say: the first part of each class's docstring (`core.errors`)."""
    for node in ast.walk(ast.parse(file.read())):
        if isinstance(node, ast.ClassDef) and (docstring := ast.get_docstring(node)):
            yield node.lineno, "_", " ".join(docstring.split("\n\n")[0].split()), []


if __name__ == "__main__":
    CATALOGUE.write_bytes(written())
