"""Named SQL: each room's statements stand in one .sql file beside it, with a name and a line that says what for.

-- name: objects_since
-- What changed in a calendar after a revision, tombstones included.
SELECT ...
"""

import re
from importlib import resources
from types import MappingProxyType

_NAME = re.compile(r"^-- name: (\w+)\s*$", re.MULTILINE)


def load(file: str) -> MappingProxyType[str, str]:
    """The statements of `gateway/db/<file>` by name; comments are left out, since they would travel every time."""
    text = resources.files("gateway.db").joinpath(file).read_text(encoding="utf-8")
    parts = _NAME.split(text)[1:]
    names, bodies = parts[::2], parts[1::2]
    if len(set(names)) != len(names):
        raise RuntimeError(f"a name stands twice in {file}")
    return MappingProxyType({name: _bare(body) for name, body in zip(names, bodies, strict=True)})


def _bare(statement: str) -> str:
    lines = [line for line in statement.splitlines() if not line.lstrip().startswith("--")]
    return "\n".join(lines).strip().rstrip(";")
