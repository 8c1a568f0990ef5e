"""What Graph does with events: list, read, create, change, delete, and tell what has changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from tests.servers.google.wire import Answer
from tests.servers.microsoft import delta, draft, odata, zones
from tests.servers.microsoft.call import Call
from tests.servers.microsoft.items import Item, Window
from tests.servers.microsoft.mailbox import drafted
from tests.servers.microsoft.refusal import Refusal, bad, bad_query
from tests.servers.microsoft.views import extended

Json = dict[str, Any]

_TRACKED = frozenset({"$orderby", "$filter", "$select", "$search", "$top", "$skip"})


def _listed(call: Call, items: Iterable[Item]) -> Answer:
    """A page of a list: filtered, ordered, and with the address of the next one."""
    chosen, keep = odata.matching(call.query.get("$filter")), odata.select(call.query.get("$select"))
    ids, by, show = (
        odata.expand(call.query.get("$expand")),
        odata.order(call.query.get("$orderby")),
        call.view.event,
    )
    found = [item for item in items if chosen(item, lambda item=item: show(item))]  # type: ignore[misc]
    if by:
        found.sort(key=lambda item: odata.value(show(item), by[0]), reverse=by[1])
    shown, link = page(call, found)
    value = [keep(show(item) | extended(item, ids)) for item in shown]
    return call.says(200, {"value": value} | link, f"users('{call.mailbox.oid}')/events")


def page(call: Call, found: list[Any]) -> tuple[list[Any], Json]:
    """A part of a list, and the address of the next one if there is more."""
    behaviour = call.world.behaviour
    size = odata.number(call.query, "$top", call.prefer.page or behaviour.page_default, odata.MOST)
    size = min(size, behaviour.page_limit or odata.MOST)
    at = odata.number(call.query, "$skip", 0, 1_000_000)
    if at + size >= len(found):
        return found[at:], {}
    link = odata.link(call.url, {**call.query, "$skip": str(at + size)})
    return found[at : at + size], {"@odata.nextLink": link}


def list_(call: Call) -> Answer:
    items = call.calendar().living()
    return _listed(call, [] if call.world.faults.take(call.method, "empty_listing") else items)


def view(call: Call) -> Answer:
    window = _window(call)
    delta.check_window(window, call.world.behaviour)
    return _listed(call, call.calendar().within(window))


def instances(call: Call) -> Answer:
    calendar, master = call.event()
    window = _window(call)
    if not master.recurrence:
        raise bad("The event is not a series.", "ErrorInvalidRequest")
    parts = sorted(calendar.parts(master, window), key=lambda item: item.span.begins)
    return _listed(call, parts)


def _window(call: Call) -> Window:
    edges = []
    for name in ("startDateTime", "endDateTime"):
        if name not in call.query:
            raise bad(f"This request requires a time window specified by the query string parameter {name}.")
        edges.append(zones.point(call.query[name], name))
    return Window(*edges)


def track(call: Call) -> Answer:
    """calendarView/delta. Users report a 500 for $expand (microsoft-graph-docs-contrib #7929)."""
    calendar, deltas, query = call.calendar(), call.world.deltas, call.query
    if "$expand" in query:
        raise Refusal(500, "ErrorInternalServerError", "An internal server error occurred.")
    if found := sorted(_TRACKED & query.keys()):
        said = f"The following parameters are not supported with change tracking over the 'CalendarView': {found}."
        raise bad_query(said)
    if {"$skiptoken", "$deltatoken"} & query.keys() and len(query) > 1:
        raise bad_query("A link of a delta carries all that it needs.")
    if "$skiptoken" in query:
        begun = deltas.further(calendar, query["$skiptoken"])
    elif "$deltatoken" in query:
        begun = deltas.since(calendar, query["$deltatoken"])
    else:
        empty = call.world.faults.take(call.method, "empty_listing") is not None
        begun = deltas.first(calendar, _window(call), empty=empty)
    return call.says(200, deltas.page(begun, calendar, call.view, call.url), "Collection(event)")


def _one(call: Call, status: int, item: Item) -> Answer:
    keep, ids = odata.select(call.query.get("$select")), odata.expand(call.query.get("$expand"))
    said = keep(call.view.event(item) | extended(item, ids))
    return call.says(status, said, f"users('{call.mailbox.oid}')/events/$entity")


def get(call: Call) -> Answer:
    return _one(call, 200, call.event()[1])


def create(call: Call) -> Answer:
    calendar = call.writable(call.calendar())
    item, new = call.mailbox.create(calendar, draft.new(call.body()))
    call.world.writes[call.method] += new
    return _one(call, 201, item)


def update(call: Call) -> Answer:
    calendar, item = call.event()
    call.writable(calendar)
    call.require_match(item)
    changed = draft.changed(drafted(item), call.body(), part_of_series=bool(item.series))
    call.world.writes[call.method] += 1
    return _one(call, 200, call.mailbox.write(calendar, item, changed))


def delete(call: Call) -> Answer:
    calendar, item = call.event()
    call.writable(calendar)
    call.require_match(item)
    calendar.remove(item)
    call.world.writes[call.method] += 1
    return Answer(204)


METHODS: dict[str, Callable[[Call], Answer]] = {
    "graph.events.list": list_,
    "graph.events.get": get,
    "graph.events.create": create,
    "graph.events.update": update,
    "graph.events.delete": delete,
    "graph.events.instances": instances,
    "graph.view.list": view,
    "graph.view.delta": track,
}
