"""Commands that give out keys and take them back: sign-in-link, app-password, api-key, feed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from gateway.cli.house import Entrance, pass_entrance
from gateway.core.errors import Invalid
from gateway.core.model import CalendarKind, Detail
from gateway.services import grant
from gateway.services.deps import Deps

Command = Callable[..., Any]


def _business(command: Command) -> Command:
    return click.option("--business", "business_id", type=int, required=True, help="The business's id.")(
        command
    )


def _staff(command: Command) -> Command:
    by_email = click.option("--email", help="The staff member's e-mail address.")
    by_id = click.option(
        "--staff-id", type=int, help="The staff member's id, where an address is not enough."
    )
    return by_email(by_id(command))


@click.command("sign-in-link")
@_business
@_staff
@pass_entrance
def sign_in_link(entrance: Entrance, business_id: int, staff_id: int | None, email: str | None) -> None:
    """Print a link that signs a staff member in once, within 15 minutes."""
    with entrance.house() as deps:
        click.echo(grant.sign_in_link(deps, business_id, _who(deps, business_id, staff_id, email)).secret)


@click.group("app-password")
def app_password() -> None:
    """Passwords for calendar apps, one for each device."""


@app_password.command("create")
@_business
@_staff
@click.option(
    "--label", default="made on the command line", show_default=True, help="Which device it is for."
)
@pass_entrance
def create_app_password(
    entrance: Entrance, business_id: int, staff_id: int | None, email: str | None, label: str
) -> None:
    """Make one and print it; it is shown this once."""
    with entrance.house() as deps:
        granted = grant.app_password(deps, business_id, _who(deps, business_id, staff_id, email), label)
        click.echo(
            f"address   {deps.settings.address}/dav/\nuser name {granted.name}\npassword  {granted.secret}"
        )


@app_password.command("list")
@_business
@pass_entrance
def list_app_passwords(entrance: Entrance, business_id: int) -> None:
    """Say which there are, and when each was last used."""
    with entrance.house() as deps:
        rows = [
            (e.id, e.staff_id, e.label, _when(e.created_at), _when(e.last_used_at))
            for e in grant.app_passwords(deps, business_id)
        ]
        _table(("id", "staff", "for", "made", "last used"), rows)


@app_password.command("revoke")
@_business
@click.argument("id", type=int)
@pass_entrance
def revoke_app_password(entrance: Entrance, business_id: int, id: int) -> None:  # noqa: A002  # click names it
    """Shut one for good; the device is out at its next request."""
    _revoke(entrance, "app_password", business_id, id)


@click.group("api-key")
def api_key() -> None:
    """Keys for the booking app."""


@api_key.command("create")
@_business
@click.option("--scope", type=click.Choice(["read", "write"]), default="read", show_default=True)
@click.option("--label", default="made on the command line", show_default=True, help="Who uses it.")
@pass_entrance
def create_api_key(entrance: Entrance, business_id: int, scope: str, label: str) -> None:
    """Make one and print it; it is shown this once."""
    with entrance.house() as deps:
        click.echo(grant.api_key(deps, business_id, scope, label).secret)


@api_key.command("list")
@_business
@pass_entrance
def list_api_keys(entrance: Entrance, business_id: int) -> None:
    """Say which there are, by their first letters."""
    with entrance.house() as deps:
        rows = [
            (k.id, f"{k.prefix}…", k.scope, k.label, _when(k.created_at), _when(k.last_used_at))
            for k in grant.api_keys(deps, business_id)
        ]
        _table(("id", "key", "scope", "for", "made", "last used"), rows)


@api_key.command("revoke")
@_business
@click.argument("id", type=int)
@pass_entrance
def revoke_api_key(entrance: Entrance, business_id: int, id: int) -> None:  # noqa: A002  # click names it
    """Shut one for good."""
    _revoke(entrance, "api_key", business_id, id)


@click.group("feed")
def feed() -> None:
    """Secret calendar addresses for anything that can subscribe to an .ics."""


@feed.command("create")
@_business
@_staff
@click.option("--team", is_flag=True, help="Everyone's bookings instead of one staff member's.")
@click.option("--detail", type=click.Choice([d.value for d in Detail]), default="full", show_default=True)
@click.option("--label", default="made on the command line", show_default=True, help="Who subscribes.")
@pass_entrance
def create_feed(
    entrance: Entrance,
    business_id: int,
    staff_id: int | None,
    email: str | None,
    team: bool,
    detail: str,
    label: str,
) -> None:
    """Make one and print it; it is shown this once."""
    with entrance.house() as deps:
        who = None if team else _who(deps, business_id, staff_id, email)
        kind = CalendarKind.TEAM if team else CalendarKind.BOOKINGS
        click.echo(grant.feed(deps, business_id, kind, who, Detail(detail), label).secret)


@feed.command("list")
@_business
@pass_entrance
def list_feeds(entrance: Entrance, business_id: int) -> None:
    """Say which there are, and when each was last read."""
    with entrance.house() as deps:
        rows = [
            (f.id, f.kind, f.staff_id or "", f.detail, f.label, _when(f.created_at), _when(f.last_used_at))
            for f in grant.feeds(deps, business_id)
        ]
        _table(("id", "calendar", "staff", "detail", "for", "made", "last read"), rows)


@feed.command("revoke")
@_business
@click.argument("id", type=int)
@pass_entrance
def revoke_feed(entrance: Entrance, business_id: int, id: int) -> None:  # noqa: A002  # click names it
    """Shut one for good."""
    _revoke(entrance, "feed", business_id, id)


COMMANDS: tuple[click.Command, ...] = (sign_in_link, app_password, api_key, feed)


def _who(deps: Deps, business_id: int, staff_id: int | None, email: str | None) -> int:
    if staff_id is not None:
        return staff_id
    if email is None:
        raise Invalid(reason="Name the staff member by --email or --staff-id.")
    return grant.staff_named(deps, business_id, email).id


def _revoke(entrance: Entrance, kind: str, business_id: int, id_: int) -> None:
    with entrance.house() as deps:
        grant.revoke(deps, kind, business_id, id_)
        click.echo("Revoked.")


def _when(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%d %H:%M UTC") if moment else "never"


def _table(columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    table = Table(*columns)
    for row in rows:
        table.add_row(*(str(cell) for cell in row))
    Console(soft_wrap=True).print(table)
