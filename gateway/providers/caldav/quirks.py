"""What is special about the providers and servers that people have: a table, and nothing else knows a vendor.

Sources: facts sheet of the providers' own pages (servers and app passwords), and for `sync` what clients found out:
https://github.com/python-caldav/caldav/blob/master/caldav/compatibility_hints.py and the issues it names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gateway.core.language import N_


@dataclass(frozen=True, slots=True)
class Row:
    """A provider: what people call it, the domains of its servers and of its users' addresses, and where to begin.

    `made_at` says where a password for us is made, where the account's own one doesn't open it; empty: it does.
    Without `sync`, its sync-collection is missing or has holes, so versions are compared instead. `instead` says what
    people do where no password opens it.
    """

    title: str = ""
    servers: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    start: str = ""
    made_at: str = ""
    sync: bool = True
    instead: str = ""


PROVIDERS: Final = (
    # Calendars are on pNN-caldav.icloud.com; the principal says where.
    Row(
        "iCloud",
        ("icloud.com", "icloud.com.cn"),
        ("icloud.com", "me.com", "mac.com"),
        "https://caldav.icloud.com/",
        N_("account.apple.com, under Sign-In and Security"),
    ),
    # https://www.fastmail.help/hc/en-us/articles/1500000278342
    Row(
        "Fastmail",
        ("fastmail.com", "messagingengine.com"),
        ("fastmail.com", "fastmail.fm", "messagingengine.com", "sent.com"),
        "https://caldav.fastmail.com/",
        N_("Fastmail’s settings, under Privacy & Security"),
    ),
    Row(
        "Yahoo",
        ("calendar.yahoo.com",),
        ("yahoo.com", "ymail.com", "rocketmail.com"),
        "https://caldav.calendar.yahoo.com/",
        N_("Yahoo’s account security page"),
        sync=False,
    ),
    Row(
        "GMX",
        ("gmx.net", "gmx.com"),
        ("gmx.de", "gmx.net", "gmx.at", "gmx.ch"),
        "https://caldav.gmx.net/",
        sync=False,
    ),
    Row("WEB.DE", ("web.de",), ("web.de",), "https://caldav.web.de/", sync=False),
    # Its port is no secret: https://posteo.de/en/help/how-do-i-set-up-calendars-in-external-programs
    Row(
        "Posteo",
        ("posteo.de",),
        ("posteo.de", "posteo.net", "posteo.at", "posteo.ch", "posteo.eu"),
        "https://posteo.de:8443/",
        sync=False,
    ),
    Row("mailbox.org", ("mailbox.org",), ("mailbox.org",), "https://dav.mailbox.org/"),
    Row(
        "Zoho",
        ("zoho.com", "zoho.eu"),
        ("zoho.com", "zohomail.com"),
        "https://calendar.zoho.com/",
        sync=False,
    ),
    Row("Runbox", ("runbox.com",), ("runbox.com",), "https://dav.runbox.com/"),
    Row("Migadu", ("migadu.com",), (), "https://cdav.migadu.com/"),
    # Their CalDAV takes no passwords, or there is none: said in words instead of a bare refusal.
    Row(
        "Google",
        ("googleusercontent.com", "google.com"),
        ("gmail.com", "googlemail.com"),
        instead=N_("it takes no passwords; connect Google Calendar itself instead"),
    ),
    Row(
        "Outlook",
        ("outlook.com", "office365.com", "office.com"),
        ("outlook.com", "hotmail.com", "live.com", "msn.com"),
        instead=N_("it has no CalDAV; connect Outlook itself instead, or the calendar’s ICS address"),
    ),
)

# Where servers that people run themselves have their CalDAV, if the address they are given doesn't say so.
PATHS: Final = (
    "/remote.php/dav/",  # Nextcloud, ownCloud
    "/dav.php/",  # Baïkal
    "/SOGo/dav/",
    "/caldav.php/",  # DAViCal
    "/dav/",  # Cyrus, Zimbra, Daybridge
)
# By its path, a server that lets in only with a password of its own where two factors are on.
_NEXTCLOUD: Final = "/remote.php/"
_NEXTCLOUD_ROW: Final = Row(
    "Nextcloud", made_at=N_("its personal settings, under Security, where two-factor sign-in is on")
)

# Below these, each name may be somebody else's: the usual second levels of countries.
_SECOND_LEVELS: Final = frozenset({"ac", "co", "com", "edu", "gob", "gov", "go", "ne", "net", "or", "org"})
# And services that give names away. (A whole list of these is the Public Suffix List; this one errs by being asked.)
_GIVEN_AWAY: Final = frozenset(
    {
        "duckdns.org",
        "dyndns.org",
        "ddns.net",
        "no-ip.org",
        "dedyn.io",
        "github.io",
        "herokuapp.com",
        "azurewebsites.net",
        "cloudfront.net",
        "ngrok.io",
        "ngrok.app",
        "ngrok-free.app",
        "workers.dev",
        "pages.dev",
        "web.app",
        "fly.dev",
        "vercel.app",
        "netlify.app",
        "onrender.com",
        "synology.me",
        "myqnapcloud.com",
        "your-server.de",
    }
)


def of_server(host: str, path: str = "") -> Row:
    """The row of a server; one that says nothing special for all others."""
    for row in PROVIDERS:
        if any(is_within(host, server) for server in row.servers):
            return row
    return _NEXTCLOUD_ROW if _NEXTCLOUD in path else Row()


def of_address(domain: str) -> Row | None:
    """The provider that gives out such e-mail addresses."""
    return next((row for row in PROVIDERS if domain in row.addresses), None)


def called(account: str) -> str:
    """What people call the provider of an account that is called so: ana@icloud.com, or ana@work.example (Fastmail)."""
    if account.endswith(")") and " (" in account:
        return account.removesuffix(")").rpartition(" (")[2]
    domain = account.rpartition("@")[2]
    row = of_address(domain) or of_server(domain)
    return row.title or domain


def is_within(host: str, domain: str) -> bool:
    return host == domain or host.endswith(f".{domain}")


def may_lead(host: str, other: str) -> bool:
    """Whether a server may send us, and a password with us, to another one: of the same owner, as far as their names
    tell, or of the same provider."""
    if host == other or (_site(host) and _site(host) == _site(other)):
        return True
    row = of_server(host)
    return bool(row.servers) and of_server(other) is row


def _site(host: str) -> str:
    """The name that somebody has registered: the last two labels, or three. Empty for a number or a bare name."""
    labels = host.rstrip(".").split(".")
    if len(labels) < 2 or labels[-1].isdigit() or ":" in host:
        return ""
    two = ".".join(labels[-2:])
    if two in _GIVEN_AWAY or (len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVELS):
        return ".".join(labels[-3:]) if len(labels) > 2 else ""
    return two
