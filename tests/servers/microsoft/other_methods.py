"""What Graph does with people, calendars and subscriptions."""

from __future__ import annotations

from collections.abc import Callable

from tests.servers.google.wire import Answer
from tests.servers.microsoft import views
from tests.servers.microsoft.call import Call
from tests.servers.microsoft.event_methods import page


def me(call: Call) -> Answer:
    return call.says(200, views.me(call.mailbox), "users/$entity")


def calendars(call: Call) -> Answer:
    shown, link = page(call, list(call.mailbox.calendars.values()))
    value = [views.calendar(one) for one in shown]
    return call.says(200, {"value": value} | link, f"users('{call.mailbox.oid}')/calendars")


def calendar(call: Call) -> Answer:
    return call.says(200, views.calendar(call.calendar()), f"users('{call.mailbox.oid}')/calendars/$entity")


def subscribe(call: Call) -> Answer:
    """The addresses are asked while the request waits, and nobody else has to."""
    known = call.world.subscriptions
    with call.world.lock:
        wanted = known.wanted(call.body(), call.mailbox, call.prefer)
    known.shake_hands(wanted)
    with call.world.lock:
        known.open(wanted)
    return call.says(201, wanted.shown(secret=True), "subscriptions/$entity")


def renew(call: Call) -> Answer:
    known = call.world.subscriptions
    with call.world.lock:
        found = known.get(call.path["subscription"], call.mailbox.email)
        expires = known.renewed(found, call.body())
    if call.world.behaviour.handshake_on_renewal:
        known.shake_hands(found)
    with call.world.lock:
        found.expires = expires
    return call.says(200, found.shown(), "subscriptions/$entity")


def reauthorize(call: Call) -> Answer:
    with call.world.lock:
        call.world.subscriptions.get(call.path["subscription"], call.mailbox.email)
    return Answer(204)


def unsubscribe(call: Call) -> Answer:
    with call.world.lock:
        found = call.world.subscriptions.get(call.path["subscription"], call.mailbox.email)
        del call.world.subscriptions.all[found.id]
    return Answer(204)


def subscription(call: Call) -> Answer:
    with call.world.lock:
        found = call.world.subscriptions.get(call.path["subscription"], call.mailbox.email)
    return call.says(200, found.shown(), "subscriptions/$entity")


def subscriptions(call: Call) -> Answer:
    with call.world.lock:
        found = [one.shown() for one in call.world.subscriptions.living() if one.email == call.mailbox.email]
    return call.says(200, {"value": found}, "subscriptions")


METHODS: dict[str, Callable[[Call], Answer]] = {
    "graph.me.get": me,
    "graph.calendars.list": calendars,
    "graph.calendars.get": calendar,
}
# These take the lock themselves, since they may wait for somebody.
WITHOUT_LOCK: dict[str, Callable[[Call], Answer]] = {
    "graph.subscriptions.create": subscribe,
    "graph.subscriptions.update": renew,
    "graph.subscriptions.reauthorize": reauthorize,
    "graph.subscriptions.delete": unsubscribe,
    "graph.subscriptions.get": subscription,
    "graph.subscriptions.list": subscriptions,
}
