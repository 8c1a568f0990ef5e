"""Commands for the keys that seal the database's secrets: keys new, rotate."""

from __future__ import annotations

import os

import click

from gateway import settings as settings_file
from gateway.cli.house import Entrance, pass_entrance, progress
from gateway.db.sealed import new_key
from gateway.services import seals
from gateway.services.seals import Rotation
from gateway.settings import Settings


@click.group()
def keys() -> None:
    """Keys that seal the secrets in the database; they stand in the credentials file."""


@keys.command()
@pass_entrance
def new(entrance: Entrance) -> None:
    """Make a key, and print what to put into the credentials file; nothing is changed."""
    settings = entrance.settings()
    older = len(settings_file.load_credentials(settings).keys_encryption)
    key = new_key(os.urandom)
    # What is printed beside says what to do with it, and isn't piped along.
    click.echo(f'"{key}",' if older else f'encryption = ["{key}"]')
    click.echo(_where(settings, older), err=True)


@keys.command()
@pass_entrance
def rotate(entrance: Entrance) -> None:
    """Encrypt every stored secret anew with the newest key, so that older ones may go."""
    with entrance.house() as deps, progress() as display:
        task = display.add_task("Encrypting anew", total=None)
        done = seals.rotate(deps, lambda count, of: display.update(task, completed=count, total=of))
    click.echo(f"{done.stored} secrets are stored; {done.renewed} of them were encrypted anew.")
    if done.left:
        raise click.ClickException(
            f"{done.left} were stored meanwhile under another key. Let every machine that runs Daybridge have the new "
            "key in front, and run this again."
        )
    click.echo(_what_may_go(done))


COMMANDS: tuple[click.Command, ...] = (keys,)


def _where(settings: Settings, older: int) -> str:
    file = settings.credentials_file or "a file of its own (chmod 600), and name that in credentials_file"
    if older:
        return (
            f"Put it in front of the {older} under [keys] encryption in {file}, keep those, "
            "and run `daybridge keys rotate`."
        )
    return f"Put this line under [keys] in {file}."


def _what_may_go(done: Rotation) -> str:
    if done.keys < 2:
        return "There is no older key. To change it: `daybridge keys new`."
    return (
        f"All are under the newest key. The older ones ({done.keys - 1}) may be removed, once every machine that runs "
        "Daybridge has the newest in front. Backups made until now still need them."
    )
