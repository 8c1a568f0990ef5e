"""Tests that share something dear run in one worker; a group that is torn apart makes it twice, and says nothing."""

from __future__ import annotations

import pytest


@pytest.mark.xdist_group("kept together")
def test_a_group_is_kept_together(request: pytest.FixtureRequest) -> None:
    if not getattr(request.config.option, "loadgroup", False):
        pytest.skip("there is one worker only")
    assert request.node.nodeid.endswith("@kept together")
