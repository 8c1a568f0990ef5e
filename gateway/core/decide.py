"""The decision for connected calendars: what shall be there, what was last agreed, what is there.

| wanted | known | there | action |
|---|---|---|---|
| no | no | – | Nothing |
| no | yes | any | Delete |
| yes | no | – | Put |
| as agreed | yes | not read, or as agreed | Nothing |
| changed | yes | not read, or as agreed | Put, at the version that we know |
| as agreed | yes | changed | Accept |
| changed | yes | changed | Put, and keep their version in the timeline |
| any | yes | confirmed gone | Vanished, if that is news; where the booking has changed since, Put it back |

A read that failed is no input: its error is raised before anything is decided. Repeated on its own outcome it says
Nothing, and so does the push after an accepted edit.
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.core.remote import RemoteEvent, Stamp


@dataclass(frozen=True, slots=True)
class Base:
    """What was last agreed about a booking's event: its version there, and the fingerprint of what we had put.

    An empty fingerprint is equal to none: whatever is there has to be written anew.
    """

    stamp: Stamp
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Nothing:
    """All is as it should be."""


@dataclass(frozen=True, slots=True)
class Put:
    """Write what is wanted; over this version, or as a new event. `lost` is their version, which doesn't count."""

    seen: Stamp | None
    lost: RemoteEvent | None = None


@dataclass(frozen=True, slots=True)
class Delete:
    """Take the event away."""

    stamp: Stamp


@dataclass(frozen=True, slots=True)
class Accept:
    """Their edit is for `core.edit` to judge."""

    remote: RemoteEvent


@dataclass(frozen=True, slots=True)
class Vanished:
    """Somebody deleted it there, for certain. `again`: it has to be put back whatever that means, because the booking
    is another one by now."""

    again: bool


Action = Nothing | Put | Delete | Accept | Vanished


def decide(desired: str | None, base: Base | None, remote: RemoteEvent | None) -> Action:
    """`desired` is the fingerprint of what shall be there, None for nothing; `remote` is None if it wasn't read."""
    if base is None:
        return Nothing() if desired is None else Put(None)
    if desired is None:
        return Nothing() if remote is not None and remote.gone else Delete(_newest(base, remote))
    ours = desired != base.fingerprint
    if remote is not None and remote.gone:
        return Vanished(again=ours)
    if remote is None or remote.etag == base.stamp.etag:
        return Put(base.stamp) if ours else Nothing()
    return Put(_newest(base, remote), lost=remote) if ours else Accept(remote)


def _newest(base: Base, remote: RemoteEvent | None) -> Stamp:
    return base.stamp if remote is None else Stamp(remote.id, remote.etag)
