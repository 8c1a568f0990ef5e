"""Commands for what a business chooses: rules show, set, findings, delegate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any

import click

from gateway.cli.house import Entrance, pass_entrance
from gateway.core.rules import EditRules, OnDelete, OnMove, OnNotes
from gateway.services import delegate as booking_app
from gateway.services import findings as notices
from gateway.services import rules as choices
from gateway.services.deps import Deps
from gateway.services.findings import Findings
from gateway.services.rules import Enforcement

Command = Callable[..., Any]

_ENFORCEMENT = {
    Enforcement.OBSERVE: "only watched; the booking app may still make them",
    Enforcement.ENFORCE: "refused, whoever makes them",
}
_MOVES = {OnMove.ACCEPT: "the booking moves, if the new time is free", OnMove.REFUSE: "it is put back"}
_ON_DELETE = {
    OnDelete.ASK: "it comes back, and their page asks whether to cancel it",
    OnDelete.CANCEL: "the booking is cancelled",
    OnDelete.REFUSE: "it is put back",
}
_NOTES = {OnNotes.ACCEPT: "they are kept with the booking", OnNotes.RESTORE: "they are put back"}
_SHOWN_ONCE = (
    "It is shown this once; one from before is good no more. Each request to the booking app is signed with it: "
    "docs/delegate.md says how to check that, and what to answer."
)


def _business(command: Command) -> Command:
    # Both spellings: the other commands say --business.
    return click.option(
        "--business-id", "--business", "business_id", type=int, required=True, help="The business's id."
    )(command)


def _one_of(kind: type[StrEnum]) -> click.Choice[str]:
    return click.Choice([one.value for one in kind])


@click.group()
def rules() -> None:
    """What a business lets calendars do with its bookings, and whether double bookings are refused."""


@rules.command()
@_business
@pass_entrance
def show(entrance: Entrance, business_id: int) -> None:
    """Say what holds."""
    with entrance.house() as deps:
        _print_rules(deps, business_id)


@rules.command("set")
@_business
@click.option("--enforcement", type=_one_of(Enforcement), help="Whether double bookings are refused.")
@click.option("--moves", type=_one_of(OnMove), help="What becomes of a booking moved in a calendar.")
@click.option("--on-delete", type=_one_of(OnDelete), help="What becomes of a booking deleted in a calendar.")
@click.option("--notes", type=_one_of(OnNotes), help="What becomes of notes changed in a calendar.")
@click.option(
    "--waive-hours/--no-waive-hours", default=None, help="Let staff move bookings outside their hours."
)
@click.option(
    "--waive-notice/--no-waive-notice",
    default=None,
    help="Let staff move bookings at shorter notice than customers need.",
)
@pass_entrance
def set_(entrance: Entrance, /, business_id: int, **changes: Any) -> None:
    """Change what is named, and leave the rest; then say what holds."""
    if all(value is None for value in changes.values()):
        raise click.UsageError("Name what to change, such as --on-delete ask.")
    with entrance.house() as deps:
        choices.choose(deps, business_id, **changes)
        _print_rules(deps, business_id)
        if changes["enforcement"] == Enforcement.ENFORCE:
            _print_what_stays(notices.find(deps, business_id))


@rules.command()
@_business
@pass_entrance
def findings(entrance: Entrance, business_id: int) -> None:
    """Say which double bookings would have been refused, and what overlaps now."""
    with entrance.house() as deps:
        enforcement = choices.enforcement(deps, business_id)
        found = notices.find(deps, business_id)
    click.echo(f"Double bookings are {_ENFORCEMENT[enforcement]}.")
    _print_list(
        "Let through so far, and refused once you enforce, the latest first:",
        found.would_be_refused,
        "Nothing was let through that would be refused.",
    )
    _print_list("These overlap now, the earliest first:", found.overlap, "Nothing overlaps now.")


@rules.command()
@_business
@click.option("--url", help="Where the booking app wants to be asked: https://…")
@click.option("--remove", is_flag=True, help="Ask it no more, and forget its secret.")
@pass_entrance
def delegate(entrance: Entrance, business_id: int, url: str | None, remove: bool) -> None:
    """Have the booking app asked for what is more than changing a row; print its secret, this once."""
    if (url is None) is not remove:
        raise click.UsageError("Name either --url or --remove.")
    with entrance.house() as deps:
        if url is None:
            removed = booking_app.remove(deps, business_id)
            click.echo("It is asked no more." if removed else "Nobody was asked; nothing has changed.")
        else:
            click.echo(booking_app.configure(deps, business_id, url))
            # Beside the result, so that this can be piped.
            click.echo(_SHOWN_ONCE, err=True)


COMMANDS: tuple[click.Command, ...] = (rules,)


def _print_rules(deps: Deps, business_id: int) -> None:
    held, enforcement = choices.look(deps, business_id)
    for name, value, words in _told(held, enforcement):
        click.echo(f"{name:<13}{value:<9}{words}")
    address = booking_app.address(deps, business_id)
    words = f"{address} is asked" if address else "Nobody is asked"
    click.echo(
        f"{'delegate':<13}{'set' if address else 'none':<9}{words} for what is more than changing a row."
    )


def _told(held: EditRules, enforcement: Enforcement) -> Sequence[tuple[str, str, str]]:
    return (
        ("enforcement", enforcement, f"Double bookings are {_ENFORCEMENT[enforcement]}."),
        ("moves", held.moves, f"Moved in a calendar: {_MOVES[held.moves]}."),
        ("on-delete", held.on_delete, f"Deleted in a calendar: {_ON_DELETE[held.on_delete]}."),
        ("notes", held.notes, f"Notes changed in a calendar: {_NOTES[held.notes]}."),
        ("waive-hours", _yes(held.waive_hours), "Whether staff may move bookings outside their hours."),
        ("waive-notice", _yes(held.waive_notice), "Whether staff may move bookings at short notice."),
    )


def _print_what_stays(found: Findings) -> None:
    if not found.overlap:
        click.echo("Nothing overlaps now.")
        return
    _print_list(
        "These overlap already. They stay until someone moves or cancels one of each:", found.overlap, ""
    )


def _print_list(title: str, lines: Sequence[str], none: str) -> None:
    click.echo(title if lines else none)
    for line in lines:
        click.echo(f"  {line}")


def _yes(value: bool) -> str:
    return "yes" if value else "no"
