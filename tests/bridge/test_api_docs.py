"""The examples in docs/api.md do what they say: each is sent, in order, and answers with the status beside it."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from bridge.api import problems
from gateway.core.obstacle import Code
from tests.bridge.conftest import Api

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")


def examples() -> list[tuple[list[str], int]]:
    """Every curl command of the page as words, and the status that stands behind it."""
    blocks = "\n".join(re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)).replace("\\\n", " ")
    found = re.findall(r"^(curl .*?)   # (\d{3})$", blocks, re.DOTALL | re.MULTILINE)
    return [(shlex.split(command), int(status)) for command, status in found]


def test_every_example_answers_as_the_page_says(api: Api) -> None:
    assert len(examples()) == PAGE.count("curl ")
    for words, expected in examples():
        method, headers, body = "GET", {}, None
        rest = iter(words[1:-1])
        for word in rest:
            value = next(rest)
            if word == "-X":
                method = value
            elif word == "-H":
                name, _, said = value.partition(": ")
                headers[name] = said.replace("$KEY", api.key)
            else:
                assert word == "-d"
                body = value
        path = words[-1].removeprefix("$AT/api/v1")
        answer = api.ask(method, path, headers=headers, data=body)
        assert answer.status_code == expected, (words, answer.text)


def test_every_code_is_explained() -> None:
    for code, _ in problems.KINDS.values():
        assert f"`{code}`" in PAGE
    for reason in Code:
        assert f"`{reason}`" in PAGE
