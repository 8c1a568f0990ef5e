"""What the provider of an account is called: by the account's own name."""

from __future__ import annotations

import pytest

from gateway.providers.caldav import quirks


@pytest.mark.parametrize(
    ("account", "called"),
    [
        ("ana@icloud.com", "iCloud"),
        ("ana@me.com", "iCloud"),
        ("ana@work.example (Fastmail)", "Fastmail"),
        ("ana@work.example (dav.work.example)", "dav.work.example"),
        ("ana@cloud.ribeiro.example", "cloud.ribeiro.example"),
        ("ana (b)@p42-caldav.icloud.com", "iCloud"),
        ("ana", "ana"),
        ("", ""),
    ],
)
def test_by_name(account: str, called: str) -> None:
    assert quirks.called(account) == called
