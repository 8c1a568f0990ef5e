"""What is handed to the doors and the worker: built once, in `wiring`, and the only thing passed around."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from gateway.db.engine import Database
from gateway.providers.port import Provider
from gateway.services.keys import ApiKeys
from gateway.services.sign_in import SignIns
from gateway.settings import Settings


@dataclass(frozen=True, slots=True)
class Deps:
    """`now` gives aware UTC datetimes; `chance(n)` gives n random bytes. `providers` are the kinds of
    accounts that this installation can connect, by name."""

    settings: Settings
    database: Database
    sign_ins: SignIns
    api_keys: ApiKeys
    now: Callable[[], datetime]
    chance: Callable[[int], bytes]
    providers: Mapping[str, Provider] = field(default_factory=dict)
