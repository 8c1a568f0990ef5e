"""When to try again: longer each time, never all at once, and never before they want us back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from gateway.core.errors import ProviderError, RateLimited
from gateway.core.model import require_aware

FIRST: Final = 2.0
LONGEST: Final = 6 * 3600.0
_DOUBLINGS: Final = 20


@dataclass(frozen=True, slots=True)
class Pause:
    """Nothing is asked of them before `until`. `theirs`: because they said so."""

    until: datetime
    theirs: bool

    def __post_init__(self) -> None:
        require_aware(self.until)


def pause(failures: int, error: ProviderError, now: datetime, chance: float) -> Pause:
    """After so many failures in a row, this one included. `chance` lies in [0, 1).

    Between half and all of 2 s, 4 s, 8 s… up to six hours, so that those who failed together don't come back together;
    what they ask for themselves is waited for in full.
    """
    longest = min(FIRST * 2 ** min(max(failures - 1, 0), _DOUBLINGS), LONGEST)
    own = longest * (0.5 + chance / 2)
    asked = error.retry_after or 0.0
    return Pause(now + timedelta(seconds=max(own, asked)), isinstance(error, RateLimited) or asked > own)
