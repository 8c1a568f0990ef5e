"""Commands for operators: migrate, attach, detach, doctor, verify, resync."""

from __future__ import annotations

import click
from rich.console import Console
from rich.markup import escape

from gateway.cli.house import Entrance, pass_entrance, progress
from gateway.core.errors import SetupError
from gateway.db import migrate as migrations
from gateway.db.schema import create_booking_app
from gateway.services import attach as attachment
from gateway.services import doctor as checks
from gateway.services import project
from gateway.services.deps import Deps
from gateway.services.rules import enforce_by_default
from gateway.services.serve import sweep_all
from gateway.services.survey import Finding, Severity
from gateway.services.verify import Verification
from gateway.services.verify import verify as compare

_SIGNS = {Severity.INFO: "i", Severity.WARNING: "!", Severity.BLOCKER: "x"}


@click.command()
@pass_entrance
def migrate(entrance: Entrance) -> None:
    """Bring Daybridge's own tables up to date."""
    with entrance.house() as deps:
        own_database = not entrance.settings().database_url
        if own_database:
            with deps.database.owner() as session:
                create_booking_app(session)
        applied = migrations.migrate(deps.database)
        if own_database:
            enforce_by_default(deps.database)
    click.echo("\n".join(f"Applied {name}." for name in applied) or "Up to date.")


@click.command()
@click.option("--dry-run", is_flag=True, help="Print every statement and every finding, and change nothing.")
@pass_entrance
def attach(entrance: Entrance, dry_run: bool) -> None:
    """Hang Daybridge into the booking database that database_url names."""
    _require_booking_database(entrance)
    with entrance.house() as deps:
        report = attachment.attach(deps.database, dry_run=dry_run, say=click.echo)
    _print_findings(report.findings)
    if report.blocked:
        raise click.ClickException("Nothing was changed. Remedy what is marked x, then attach again.")
    if not dry_run:
        click.echo("Attached." if report.statements else "Attached already; nothing was missing.")


@click.command()
@click.option("--dry-run", is_flag=True, help="Print every statement, and change nothing.")
@click.option(
    "--keep",
    is_flag=True,
    help="Let go of the app's tables only; passwords and calendars stay for the next attach.",
)
@click.option("--yes", is_flag=True, help="Don't ask.")
@pass_entrance
def detach(entrance: Entrance, dry_run: bool, keep: bool, yes: bool) -> None:
    """Take Daybridge out of the booking database, without a trace."""
    _require_booking_database(entrance)
    if not (dry_run or keep or yes):
        click.confirm(
            "App passwords, feeds and calendars will be gone, and devices signed out. Go on?", abort=True
        )
    with entrance.house() as deps:
        report = attachment.detach(deps.database, keep=keep, dry_run=dry_run, say=click.echo)
    _print_findings(report.findings)
    if not dry_run:
        click.echo("Detached.")


@click.command()
@pass_entrance
def doctor(entrance: Entrance) -> None:
    """Say what is wrong, one line for each thing, with the remedy."""
    with entrance.house() as deps:
        found = checks.doctor(deps)
    console = Console(soft_wrap=True, highlight=False)
    for check in found:
        sign = {True: "[green]ok[/]", False: "[red]no[/]", None: "[yellow]--[/]"}[check.ok]
        remedy = "" if check.ok or not check.remedy else f"  → {check.remedy}"
        console.print(f"{sign}  {escape(f'{check.name}: {check.words}{remedy}')}")
    if any(check.ok is False for check in found):
        raise SystemExit(1)


@click.command()
@click.option("--repair", is_flag=True, help="Mend what differs.")
@pass_entrance
def verify(entrance: Entrance, repair: bool) -> None:
    """Compare every booking with what the calendars show."""
    with entrance.house() as deps, progress() as display:
        task = display.add_task("Comparing bookings", total=None)
        found = compare(
            deps.database, deps.now(), repair=repair, progress=lambda n: display.update(task, completed=n)
        )
    _print_verification(found, repair=repair)
    if found.count and not repair:
        raise SystemExit(1)


@click.command()
@click.option("--business", "business_id", type=int, help="Only this business; else all.")
@pass_entrance
def resync(entrance: Entrance, business_id: int | None) -> None:
    """Project everything anew: every calendar, connected ones too, is compared with every booking."""
    with entrance.house() as deps:
        project.note_all(deps.database, business_id)
        click.echo(f"Projected {_project(deps)} bookings.")
        if swept := sweep_all(deps, business_id):
            click.echo(f"{swept} events in connected accounts are compared by the worker.")


COMMANDS = (migrate, attach, detach, doctor, verify, resync)


def _project(deps: Deps) -> int:
    with progress() as display:
        task = display.add_task("Bookings in the calendars", total=None)
        return project.project_everything(
            deps.database, deps.now, lambda done: display.update(task, completed=done)
        )


def _require_booking_database(entrance: Entrance) -> None:
    if not entrance.settings().database_url:
        raise SetupError(
            "There is no booking database to attach to: database_url is empty.",
            "Set it in the settings file, or DATABASE_URL in the environment. "
            "The embedded database needs no attaching; `daybridge up` does it.",
        )


def _print_findings(findings: tuple[Finding, ...]) -> None:
    for finding in findings:
        click.echo(f"{_SIGNS[finding.severity]} {finding.words} → {finding.remedy}")


def _print_verification(found: Verification, *, repair: bool) -> None:
    for difference in found.differences:
        click.echo(str(difference))
    if found.count > len(found.differences):
        click.echo(f"… and {found.count - len(found.differences)} more")
    for business_id, booking_id in found.unreadable:
        click.echo(f"business {business_id}: booking {booking_id} makes no sense and is not shown")
    done = "mended" if repair else "differ"
    click.echo(
        f"{found.businesses} businesses, {found.bookings} bookings: {found.count} {done}, "
        f"{found.waiting} wait to be projected."
    )
