"""Runs the stand-in in a process of its own, until it is told to stop."""

from __future__ import annotations

import json
import signal
import threading
from pathlib import Path

import click

from tests.servers.google.server import GoogleServer


@click.command()
@click.option("--port", default=0, help="0 takes a free one.")
@click.option(
    "--json", "file", type=click.Path(path_type=Path), help="Where to write the addresses and the client."
)
@click.option("--allow-http", is_flag=True, help="Accept webhooks without TLS.")
@click.option("--account", "accounts", multiple=True, metavar="EMAIL[=ZONE]")
@click.option("--redirect-uri", "redirect_uris", multiple=True)
def main(
    port: int, file: Path | None, allow_http: bool, accounts: tuple[str, ...], redirect_uris: tuple[str, ...]
) -> None:
    """Print the address, and serve."""
    server = GoogleServer(port, allow_http=allow_http)
    for account in accounts:
        email, _, zone = account.partition("=")
        server.account(email, zone or "Europe/Berlin")
    for redirect_uri in redirect_uris:
        server.register(redirect_uri)
    over = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: over.set())
    known = {"url": server.url, "client_id": server.client_id, "client_secret": server.client_secret}
    if file:
        made = file.with_suffix(".part")
        made.write_text(json.dumps(known | {"settings": server.settings()}), encoding="utf-8")
        made.rename(file)  # so that nobody reads half of it
    click.echo(server.url)
    over.wait()
    server.close()


if __name__ == "__main__":
    main()
