"""Where one can be: every page that has an address of its own, and those that come after pressing something."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, urldefrag, urljoin, urlsplit

from playwright.sync_api import Page

from gateway.services.grant import Member
from tests.browser import handles
from tests.browser.shop import Shop

PARTS: Final = ("week", "activity", "help", "account", "device")
# What a browser doesn't open but keeps.
_FILES: Final = (".csv", ".ics", ".mobileconfig", ".json")


@dataclass(frozen=True)
class Place:
    """`path` is where it begins; then each of `presses` leads on, once `typed` (fields, and what goes into them) has
    been filled in. `status` is what it answers with."""

    name: str
    path: str
    presses: tuple[str, ...] = ()
    typed: tuple[tuple[str, str], ...] = ()
    status: int = 200


def outside(shop: Shop) -> Iterator[Place]:
    """Before somebody has signed in."""
    yield Place("welcome", "/")
    yield Place("sign-in", urlsplit(shop.sign_in(shop.staff)).path)
    yield Place("nothing-here", "/nothing-here", status=404)
    yield Place("old-link", "/sign-in/abcdabcdabcdabcdabcdabcdabcdabcd")


def inside(shop: Shop, member: Member) -> Iterator[Place]:
    yield Place("my-calendars", handles.CALENDARS)
    for part in PARTS:
        yield Place(part, f"{handles.CALENDARS}/{part}")
    yield Place("nothing-here-inside", f"{handles.CALENDARS}/connections/999999", status=404)
    for provider in ("google", "caldav", "ics"):
        yield Place(f"connect-{provider}", handles.CALENDARS, (handles.connect(provider),))
    device, calendars = f"{handles.CALENDARS}/device", handles.CALENDARS
    yield Place("device-password", device, (handles.NEW_PASSWORD,))
    yield Place("device-code", device, (handles.PHONE_CODE,))
    yield Place("new-link", calendars, (handles.NEW_LINK,), ((handles.NEW_LINK_NAME, "Kitchen screen"),))
    yield Place("practice-agree", handles.CALENDARS, (handles.connect("practice"), handles.ONWARD))
    if member.manages:
        yield from _managed(shop)
    if member == shop.staff:
        yield Place("practice", f"/practice/practice-{member.id}")


def _managed(shop: Shop) -> Iterator[Place]:
    of = {state: f"{handles.CALENDARS}/connections/{id_}" for state, id_ in shop.connections.items()}
    yield Place("business", f"{handles.CALENDARS}/business")
    yield Place("everyone", f"{handles.CALENDARS}/everyone")
    business = f"{handles.CALENDARS}/business"
    yield Place("invited", business, (handles.INVITE,))
    for kind_, name in (("keys", "Web site"), ("feeds", "Waiting room")):
        yield Place(f"new-{kind_}", f"{business}/{kind_}", (handles.MAKE,), ((handles.MADE_FOR, name),))
    for state, path in of.items():
        yield Place(f"account-{state}", path)
    yield Place("look", f"{of['look-first']}/look")
    yield Place("large-change", f"{of['large-change']}/large-change")
    yield Place("disconnect", f"{of['in-step']}/disconnect")
    yield Place("disconnect-shut-out", f"{of['sign-in-again']}/disconnect")
    yield Place("test", f"{handles.CALENDARS}/connections/{shop.practised}", (handles.TEST,))


def links(page: Page) -> list[str]:
    """The paths of pages that this one leads to."""
    found = page.locator("a[href]:not([download], [href^='#'])").evaluate_all(
        "all => all.map(one => one.getAttribute('href'))"
    )
    here = urlsplit(page.url)
    addresses = [urlsplit(urldefrag(urljoin(page.url, one)).url) for one in found]
    return [
        one._replace(scheme="", netloc="").geturl()
        for one in addresses
        if one.netloc == here.netloc and not one.path.endswith(_FILES)
    ]


def kind(path: str) -> str:
    """Pages that differ only by what is chosen on them are of one kind."""
    parts = urlsplit(path)
    named = "&".join(sorted(name for name, _ in parse_qsl(parts.query)))
    return re.sub(r"[0-9]+", "0", f"{parts.path}?{named}")
