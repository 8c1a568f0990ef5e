"""Hang Daybridge into a booking database, keep it there, and take it out again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from gateway.core.errors import SetupError
from gateway.db import attachment, migrate
from gateway.db.attachment import Step
from gateway.db.engine import Database
from gateway.services import survey
from gateway.services.survey import Finding, Severity

Say = Callable[[str], None]

# How long a command keeps trying to get at a table that is in use; the worker tries again at its next round.
PATIENCE = 60.0
PATIENCE_AT_START = 5.0


@dataclass(frozen=True, slots=True)
class Report:
    """What was done, or in a dry run would be; and what was found on the way."""

    statements: tuple[str, ...]
    findings: tuple[Finding, ...] = ()
    put_back: tuple[str, ...] = ()

    @property
    def blocked(self) -> bool:
        """Whether something stands in the way; then nothing was changed."""
        return any(finding.severity is Severity.BLOCKER for finding in self.findings)


def _silent(_: str) -> None:
    pass


def attach(database: Database, *, dry_run: bool = False, say: Say = _silent) -> Report:
    """Bring our schema up to date and hang triggers and views into the app's tables; the app goes on meanwhile.

    Harmless when repeated: what is there already is left alone, and the businesses are projected anew only when
    something had been missing. With a blocker among the findings nothing is changed. A dry run says the
    statements and changes nothing either.
    """
    findings = _survey(database, say)
    if any(finding.severity is Severity.BLOCKER for finding in findings):
        return Report((), findings)
    lacking, steps = _plan(database)
    statements = (*migrate.preview(database), *_statements(steps))
    if dry_run:
        for statement in statements:
            say(f"{statement.strip()};")
        return Report(statements, findings, lacking)
    for name in migrate.migrate(database):
        say(f"Applied migration {name}.")
    _carry_out(database, steps, PATIENCE, say)
    return Report(statements, findings, lacking)


def detach(database: Database, *, keep: bool = False, dry_run: bool = False, say: Say = _silent) -> Report:
    """Take everything of ours out of the database: triggers, views, our schemas with all that they hold, our role.

    `keep` frees the app's tables only, so that the app can change their columns; with passwords and calendars kept, the
    next `attach` goes on where this one stopped. (Stop the worker first: it puts back what is missing.)
    Raises SetupError when somebody else's view or key depends on our schema. The role stays while another database of
    the server uses it.
    """
    with database.owner() as session:
        others = attachment.dependents(session)
        steps = list(attachment.loosening(session))
        steps += [] if keep else attachment.removing(session)
    if others:
        raise SetupError(
            f"This depends on the schema daybridge: {', '.join(others)}.", "Drop it first, then detach."
        )
    if dry_run:
        for statement in _statements(steps):
            say(f"{statement};")
    else:
        _carry_out(database, steps, PATIENCE, say)
    return Report(_statements(steps), () if dry_run or keep else tuple(_left(database)))


def ensure_attached(database: Database) -> list[str]:
    """Put back what is missing, and say what that was. Nothing is touched when nothing is missing.

    Rails' db:schema:load drops the app's tables with all that hangs in them; so does a restored dump.
    Raises SetupError when something stands in the way.
    """
    migrations = migrate.pending(database)
    lacking, steps = _plan(database)
    if not (migrations or lacking):
        return []
    with database.owner() as session:
        blockers = [f for f in survey.structure(session) if f.severity is Severity.BLOCKER]
    if blockers:
        raise SetupError(blockers[0].words, blockers[0].remedy)
    migrate.migrate(database)
    _carry_out(database, steps, PATIENCE_AT_START, _silent)
    return [f"applied migration {name}" for name in migrations] + [f"put back {name}" for name in lacking]


def _survey(database: Database, say: Say) -> tuple[Finding, ...]:
    say("Looking at the database…")
    with database.owner() as session:
        session.run("SET TRANSACTION READ ONLY")
        findings = survey.structure(session)
        if not any(finding.severity is Severity.BLOCKER for finding in findings):
            findings += survey.rows(session)
    return tuple(findings)


def _plan(database: Database) -> tuple[tuple[str, ...], list[Step]]:
    """What is missing, and the steps that mend it. The projection begins anew when all triggers hang, not before."""
    with database.owner() as session:
        session.run("SET TRANSACTION READ ONLY")
        lacking = attachment.missing(session)
        steps = list(attachment.hanging(session, lacking))
    return tuple(str(hook) for hook in lacking), [*steps, attachment.noting()] if lacking else steps


def _carry_out(database: Database, steps: Iterable[Step], patience: float, say: Say) -> None:
    for step in steps:
        attachment.carry_out(database, step, patience=patience, say=say)
        if step.table:
            say(f"{step.table}: done.")


def _left(database: Database) -> Iterable[Finding]:
    with database.owner() as session:
        if attachment.role_exists(session):
            yield Finding(
                Severity.INFO,
                "The role daybridge_app stays: another database of this server uses it, or it isn't ours to drop.",
                "If it is no longer needed, as an administrator: DROP ROLE daybridge_app;",
            )


def _statements(steps: Iterable[Step]) -> tuple[str, ...]:
    return tuple(statement for step in steps for statement in step.statements)
