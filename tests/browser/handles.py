"""Everything that tests take hold of on the pages: addresses and forms rather than words, in this one place."""

from __future__ import annotations

from typing import Final

from playwright.sync_api import Locator

CALENDARS: Final = "/manage/settings/calendars"
CARD: Final = "article.card"
PILL: Final = f"{CARD} .pill"
IN_STEP: Final = "In step"

SIGN_IN: Final = "main form[action*='/sign-in/'] button"
ONWARD: Final = "main a.btn-main"
AGREE: Final = "main form[action$='/look'] button[name=answer][value=connect]"
PRACTICE_YES: Final = "main button[name=answer][value=agree]"
ENTER: Final = "main form:has(input[name=address]) button.btn-main"
CHECK_NOW: Final = f"{CARD} form[action$='/check'] button"
SETTINGS: Final = f"{CARD} .card-foot a[href*='/connections/']"
NEW_PASSWORD: Final = "main form:has(input[name=client][value=thunderbird]) button"
PHONE_CODE: Final = "main form[action$='/device/code'] button"
PROFILE: Final = "main form[action$='/device/profile'] button"
NEW_LINK: Final = "main form[action$='/feed'] button"
NEW_LINK_NAME: Final = "main form[action$='/feed'] input[name=label]"
INVITE: Final = "main form[action*='/invite/'] button"
MADE_FOR: Final = "main input[name=label]"
MAKE: Final = "main form:has(input[name=label]) button.btn-main"
TABLE: Final = "main a[href*='.csv']"
TEST: Final = "main form[action$='/test'] button"
CANCEL: Final = "main form[action*='/question/'][action$='/cancel'] button"
DISCONNECT: Final = "main a[href$='/disconnect']"
TAKE_OUT: Final = "main button[name=events][value=remove]"


def connect(provider: str) -> str:
    """What leads to an account of one's own at this provider."""
    return f"main form[action$='{CALENDARS}/{provider}']:not(:has(input[name=connection_id])) button"


def unfolded(found: Locator) -> Locator:
    """What is to be pressed or filled in, with the folds around it open."""
    folds = found.locator("xpath=ancestor::details[not(@open)]")
    while folds.count():
        folds.first.locator("> summary").click()
    return found
