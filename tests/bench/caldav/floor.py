"""The least that a server can do: one round trip to the database, and the bytes that our server answered.

No sign-in, no routing, no XML, no rows: what is left is gunicorn, the socket, and asking PostgreSQL whether anything
changed, which no truthful answer can leave out. The bytes lie in memory after the first time.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_REASONS = {200: "OK", 207: "Multi-Status", 304: "Not Modified"}
Kept = tuple[str, list[tuple[str, str]], bytes]


def keep(folder: Path, path: str, status: int, headers: dict[str, str], body: bytes) -> None:
    """Have the answer to a path given from now on."""
    head = json.dumps({"status": status, "headers": headers}).encode()
    _file(folder, path).write_bytes(head + b"\n" + body)


def application() -> WSGIApplication:
    """For gunicorn; $FLOOR_FOLDER and $DATABASE_URL say with what."""
    folder, url = Path(os.environ["FLOOR_FOLDER"]), os.environ["DATABASE_URL"]
    kept: dict[str, Kept] = {}
    own = threading.local()

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        if not hasattr(own, "connection"):
            own.connection = psycopg.connect(url, autocommit=True, prepare_threshold=None)
        own.connection.execute("SELECT 1").fetchone()
        path = environ["PATH_INFO"]
        if path not in kept:
            kept[path] = _read(_file(folder, path))
        status, headers, body = kept[path]
        start_response(status, headers)
        return [body]

    return answer


def _file(folder: Path, path: str) -> Path:
    return folder / f"{path.strip('/').replace('/', '-')}.answer"


def _read(file: Path) -> Kept:
    if not file.exists():
        return "404 Not Found", [("Content-Length", "0")], b""
    head, _, body = file.read_bytes().partition(b"\n")
    said = json.loads(head)
    length = [("Content-Length", str(len(body)))] if said["status"] != 304 else []
    return f"{said['status']} {_REASONS[said['status']]}", [*said["headers"].items(), *length], body
