"""What is handed to the doors and the worker: built once, in `wiring`, and the only thing passed around."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from gateway.db.engine import Database
from gateway.services.keys import ApiKeys
from gateway.services.sign_in import SignIns
from gateway.settings import Settings


@dataclass(frozen=True, slots=True)
class Deps:
    """`now` gives aware UTC datetimes; `chance(n)` gives n random bytes."""

    settings: Settings
    database: Database
    sign_ins: SignIns
    api_keys: ApiKeys
    now: Callable[[], datetime]
    chance: Callable[[int], bytes]
