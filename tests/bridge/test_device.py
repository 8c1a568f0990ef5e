"""Adding a phone or a computer: by hand, by profile or by a code, and shutting it out again."""

from __future__ import annotations

import plistlib
from collections.abc import Callable, Iterator
from re import findall, search
from typing import Any

import pytest
import zxingcpp
from webtest import TestApp

from gateway.services import grant
from tests.bridge.conftest import path
from tests.conftest import Town

PAGE = "/manage/settings/calendars/device"
As = Callable[..., TestApp]


def form(page: Any, action: str, **values: str) -> Any:
    [found] = [
        one
        for one in page.forms.values()
        if one.action == action
        and all(name in one.fields and one[name].value == value for name, value in values.items())
    ]
    return found


def read(page: Any) -> str:
    """What a camera reads from the code on the page."""
    [drawing] = page.html.select(".qr svg path")
    side = int(page.html.select_one(".qr svg")["viewbox"].split()[2])
    scale, rim = 4, 4
    width = (side + 2 * rim) * scale
    picture = bytearray(b"\xff" * width * width)
    for x, y, length in strokes(drawing["d"]):
        for line in range((y + rim) * scale, (y + rim + 1) * scale):
            begin = line * width + (x + rim) * scale
            picture[begin : begin + length * scale] = bytes(length * scale)
    [found] = zxingcpp.read_barcodes(memoryview(bytes(picture)).cast("B", shape=[width, width]))
    return str(found.text)


def strokes(drawn: str) -> Iterator[tuple[int, int, int]]:
    """Where each line of squares begins, and how many there are."""
    x, y = 0, -0.5
    for step, first, second in findall(r"([Mmh])(-?[\d.]+)(?: (-?[\d.]+))?", drawn):
        if step == "h":
            yield x, int(y), int(first)
            x += int(first)
        else:
            x, y = x + int(first), y + float(second)


def test_the_guide_for_what_one_holds_is_open(the_town: Town, as_: As) -> None:
    app = as_(the_town.alice)
    for agent, name in (("iPhone; CPU", "iphone"), ("Linux; Android 16", "android"), ("Macintosh", "mac")):
        page = app.get(PAGE, headers={"User-Agent": f"Mozilla/5.0 ({agent})"})
        assert [one["id"] for one in page.html.select("details.client[open]")] == [name]


@pytest.mark.parametrize("client", ["iphone", "android", "thunderbird", "other"])
def test_a_password_is_shown_once_and_lets_the_device_in(the_town: Town, as_: As, client: str) -> None:
    app = as_(the_town.alice)
    asked = form(app.get(PAGE), PAGE, client=client)
    asked["label"] = "<b>Alice's phone</b>"
    page = asked.submit()
    [password] = page.html.select("output.code-text")
    assert page.html.select_one("details.client[open]")["id"] == client
    assert the_town.deps.sign_ins.check(the_town.alice.email, password.text, "192.0.2.1") is not None
    assert page.headers["Cache-Control"] == "no-store"
    for later in (app.get(PAGE), app.get("/manage/settings/calendars")):
        assert password.text not in later
    assert "<b>Alice's phone" not in later.text, "what people type is text"
    assert "&lt;b&gt;Alice&#39;s phone" in later.text


def test_the_profile_has_what_apple_documents_and_lets_the_device_in(the_town: Town, as_: As) -> None:
    app = as_(the_town.alice, public_url="https://day.example")
    answer = form(app.get(PAGE), f"{PAGE}/profile", label="Alice’s iPhone").submit()
    assert answer.content_type == "application/x-apple-aspen-config"
    assert answer.headers["Cache-Control"] == "no-store"
    whole = plistlib.loads(answer.body)
    [account] = whole["PayloadContent"]
    for payload in (whole, account):
        assert {"PayloadType", "PayloadVersion", "PayloadIdentifier", "PayloadUUID"} <= payload.keys()
        assert search(r"^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$", payload["PayloadUUID"])
    assert whole["PayloadType"] == "Configuration"
    assert account["PayloadType"] == "com.apple.caldav.account"
    password = account.pop("CalDAVPassword")
    assert {name: value for name, value in account.items() if name.startswith("CalDAV")} == {
        "CalDAVAccountDescription": "Bookings, Harbor Hair",
        "CalDAVHostName": "day.example",
        "CalDAVPort": 443,
        "CalDAVPrincipalURL": "/dav/s11/",
        "CalDAVUseSSL": True,
        "CalDAVUsername": the_town.alice.email,
    }
    assert the_town.deps.sign_ins.check(the_town.alice.email, password, "192.0.2.1") is not None
    assert "Alice’s iPhone" in app.get("/manage/settings/calendars")


def test_the_code_opens_this_page_on_the_phone_once(the_town: Town, as_: As, browser: Any) -> None:
    page = form(as_(the_town.alice).get(PAGE), f"{PAGE}/code").submit()
    address = read(page)
    assert address == page.html.select_one("output.addr").text
    phone = browser()
    opened = phone.get(path(address)).form.submit().follow()
    assert opened.request.path == PAGE
    assert "Alice, your account" in opened.html.find(class_="me").get_text()
    browser().get(path(address)).form.submit(status=404)


def test_a_new_link_to_look_at_has_a_code_too(the_town: Town, as_: As) -> None:
    asked = form(as_(the_town.alice).get("/manage/settings/calendars"), "/manage/settings/calendars/feed")
    asked["label"] = "Kitchen"
    page = asked.submit()
    assert read(page) == page.html.select_one("output.addr").text


def test_davx5_opens_with_all_but_the_password(the_town: Town, as_: As) -> None:
    app = as_(the_town.alice, public_url="https://day.example")
    page = form(app.get(PAGE), PAGE, client="android").submit()
    expected = f"davx5://{the_town.alice.email.replace('@', '%40')}@day.example/dav/"
    assert page.html.find("a", string="Open DAVx⁵")["href"] == expected
    assert read(page) == expected


def test_it_is_shut_out(the_town: Town, as_: As) -> None:
    app = as_(the_town.alice)
    [entry] = grant.app_passwords(the_town.deps, 1, 11)
    form(app.get("/manage/settings/calendars"), f"{PAGE}/{entry.id}/revoke").submit().follow()
    assert grant.app_passwords(the_town.deps, 1, 11) == []


def test_nobody_gets_a_password_without_being_signed_in(browser: Any) -> None:
    assert browser().get(PAGE, status=303).location.endswith("/")
    for address in (PAGE, f"{PAGE}/profile", f"{PAGE}/code"):
        browser().post(address, {"label": "x"}, status=400)
