"""The command `daybridge`. Each command says what it does, what went wrong, and what to do about it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from gateway.cli import access, house, keys, rules, run, upkeep
from gateway.core.errors import GatewayError
from gateway.settings import SettingsError


class _Group(click.Group):
    """Turns our errors into a sentence and a remedy, and never into a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except GatewayError as error:
            raise click.ClickException(f"{error} {error.remedy}".strip()) from error
        except SettingsError as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Settings file; else $DAYBRIDGE_CONFIG, else config/daybridge.toml.",
)
@click.version_option(package_name="daybridge")
@click.pass_context
def main(ctx: click.Context, config: Path | None) -> None:
    """Daybridge: your bookings in the calendars that people already look at."""
    ctx.obj = house.Entrance(config)


for command in (*run.COMMANDS, *upkeep.COMMANDS, *access.COMMANDS, *rules.COMMANDS, *keys.COMMANDS):
    main.add_command(command)
