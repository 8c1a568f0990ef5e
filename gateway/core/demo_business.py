"""A believable business to try Daybridge on: who works when, what is offered, and who has booked it.

The same day and the same `Random` give the same business. No two bookings of one staff member are closer than
the buffer, cancelled ones included, so that every one of them can be put back.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count, groupby
from random import Random
from zoneinfo import ZoneInfo

from gateway.core.demo_rows import (
    WEEKDAYS,
    DemoBooking,
    DemoBusiness,
    DemoCustomer,
    DemoPolicy,
    DemoService,
    DemoStaff,
    DemoVariant,
    Intervals,
)
from gateway.core.model import BookingStatus

__all__ = ["DEMO_NAME", "DEMO_ZONE", "DemoBusiness", "demo_business"]

DEMO_NAME = "Lakeside Salon & Spa"
DEMO_ZONE = "America/New_York"

_DAYS_BEFORE, _DAYS_AFTER = 6 * 7, 8 * 7
# Beyond this share of all openings the weeks look crammed, and nobody could try to book anything.
_FULL = 0.6
_CANCELLED, _PENDING, _NO_SHOW, _ONLINE, _NOTED = 0.06, 0.08, 0.05, 0.5, 0.15

_POLICY = DemoPolicy()
_SERVICES = (
    DemoService(
        name="Haircut",
        description="Wash, cut and blow-dry",
        duration=60,
        price=Decimal(65),
        variants=(DemoVariant("Short hair", 45, Decimal(55)), DemoVariant("Long hair", 75, Decimal(80))),
    ),
    DemoService(
        name="Color",
        description="With a patch test on the first visit",
        duration=120,
        price=Decimal(140),
        variants=(DemoVariant("Roots", 90, Decimal(95)), DemoVariant("Full head", 150, Decimal(180))),
    ),
    DemoService("Beard Trim", "Shape, hot towel and oil", 30, Decimal(30)),
    DemoService("Classic Facial", "Cleanse, steam and mask", 60, Decimal(85)),
    DemoService("Deep Tissue Massage", "Firm pressure, back and shoulders", 75, Decimal(110)),
    DemoService("Style Consultation", "In person or by video", 30, Decimal(25), online=True),
)
_NAMES = """
Aaliyah Brooks, Adam Kowalski, Aisha Mohamud, Alejandra Fuentes, Amara Nwosu, Andre Baptiste, Anh Pham, Anneke
de Vries, Arjun Menon, Beatriz Carvalho, Ben Whitcomb, Bridget O'Hara, Carlos Ibarra, Chidi Eze, Chloe
Lambert, Cora Lindqvist, Dana Feldman, Darnell Hayes, Diego Salazar, Elif Yılmaz, Emma Castellano, Esther
Adeyemi, Fatima Zahra Alaoui, Femi Ojo, Grace Kim, Hana Suzuki, Hassan Rahimi, Imani Carter, Ingrid Sørensen,
Isaac Goldman, Jack Donnelly, Jing Li, José Núñez, Kalani Akana, Katarzyna Nowak, Keisha Grant, Leila Haddad,
Liam Fitzgerald, Lucia Moretti, Malik Freeman, Margaret Doyle, Mateo Vargas, Mei-Ling Chen, Minh Tran, Nadia
Petrova, Nia Thompson, Nikhil Sharma, Olga Ivanenko, Omar Siddiqui, Paolo Ricci, Rachel Stein, Ravi Pillai,
Rosa Delgado, Samir Khoury, Sean Gallagher, Siobhán Keane, Tariq Malik, Thandiwe Dlamini, Tyler Redhawk, Yara
Mansour
"""
_NOTES = (
    "Prefers a quiet appointment",
    "First visit",
    "Allergic to lavender oil",
    "Running five minutes late is fine",
    "Bringing her daughter along",
    "Same color as last time (7N + 8G)",
    "Parks behind the building;\nplease leave the back door open",
    "Gift card, ask at the desk",
)
_REASONS = ("Not feeling well", "Schedule conflict", "Weather", "Found another time")


@dataclass(frozen=True, slots=True)
class _Opening:
    """A time at which a booking could be."""

    staff: int
    service: int
    variant: int | None
    day: date
    starts_at: datetime
    ends_at: datetime


def demo_business(today: date, bookings: int, chance: Random) -> DemoBusiness:
    """The business with so many bookings: 6 weeks back and 8 ahead, and further where they don't fit."""
    staff, customers = _staff(today), _customers(chance)
    openings = _choose(_openings(today, bookings, staff, chance), today, bookings, chance)
    return DemoBusiness(
        name=DEMO_NAME,
        time_zone=DEMO_ZONE,
        address="27 Lakeview Avenue",
        city="Skaneateles",
        state="NY",
        zip="13152",
        phone="315-555-0100",
        email="hello@example.com",
        policy=_POLICY,
        staff=staff,
        services=_SERVICES,
        customers=customers,
        bookings=tuple(_book(openings, today, len(customers), chance)),
    )


def _staff(today: date) -> tuple[DemoStaff, ...]:
    mia = {**dict.fromkeys(WEEKDAYS[1:5], "09:00-17:00"), "saturday": "09:00-13:00"}
    daniel = dict.fromkeys(WEEKDAYS[:5], "10:00-14:00 15:00-19:00")
    priya = dict.fromkeys(("monday", "wednesday", "saturday"), "09:00-16:00") | {"thursday": "12:00-20:00"}
    day_off = {_next(today + timedelta(days=16), 4): ""}
    short_day = {_next(today + timedelta(days=9), 2): "10:00-13:00"}
    open_sunday = {_next(today + timedelta(days=23), 6): "11:00-15:00"}
    return (
        DemoStaff("Mia", "Alvarez", "Owner, stylist", 1, _week(mia), _spans(day_off), (0, 1, 5)),
        DemoStaff("Daniel", "Okafor", "Barber", 2, _week(daniel), _spans(short_day), (0, 2, 4)),
        DemoStaff("Priya", "Raman", "Esthetician", 2, _week(priya), _spans(open_sunday), (3, 4)),
    )


def _week(days: dict[str, str]) -> dict[str, Intervals]:
    return _spans({day: days.get(day, "") for day in WEEKDAYS})


def _spans(days: dict[str, str]) -> dict[str, Intervals]:
    """`{"monday": "10:00-14:00 15:00-19:00"}` in the app's shape; an empty text is a day off."""
    ends = ("start", "end")
    return {
        day: [dict(zip(ends, span.split("-"), strict=True)) for span in spans.split()]
        for day, spans in days.items()
    }


def _next(day: date, weekday: int) -> str:
    return (day + timedelta(days=(weekday - day.weekday()) % 7)).isoformat()


def _customers(chance: Random) -> tuple[DemoCustomer, ...]:
    names = [name.strip() for name in _NAMES.replace("\n", " ").split(",")]
    phones = chance.sample(range(101, 200), len(names))
    return tuple(_customer(name, phone) for name, phone in zip(names, phones, strict=True))


def _customer(name: str, phone: int) -> DemoCustomer:
    first_name, last_name = name.split(" ", 1)
    return DemoCustomer(first_name, last_name, _email(name), f"315-555-0{phone}")


def _email(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.replace("ø", "o").replace("ı", "i"))
    kept = "".join(letter for letter in plain if letter == " " or (letter.isascii() and letter.isalpha()))
    return ".".join(kept.lower().split()) + "@example.com"


def _openings(today: date, wanted: int, staff: tuple[DemoStaff, ...], chance: Random) -> list[_Opening]:
    """Enough of them. Every ring of weeks has some hundred, so this ends."""
    found: list[_Opening] = []
    for ring in count():
        if ring and len(found) * _FULL >= wanted:
            break
        for day in _ring(today, ring):
            for who, member in enumerate(staff):
                found += _day(day, who, member, chance)
    return found


def _ring(today: date, number: int) -> Iterator[date]:
    """The number-th stretch of days on both sides of today, which opens the later one."""
    yield from (today - timedelta(days=_DAYS_BEFORE * number + back + 1) for back in range(_DAYS_BEFORE))
    yield from (today + timedelta(days=_DAYS_AFTER * number + ahead) for ahead in range(_DAYS_AFTER))


def _day(day: date, who: int, member: DemoStaff, chance: Random) -> Iterator[_Opening]:
    """A day's hours filled with what the staff member does, on the grid and with the buffer in between."""
    for interval in member.hours_on(day):
        at, closes = _instant(day, interval["start"]), _instant(day, interval["end"])
        while True:
            service = chance.choice(member.services)
            variants = _SERVICES[service].variants
            variant = chance.randrange(len(variants)) if variants else None
            ends = at + timedelta(minutes=_offer(service, variant).duration)
            if ends > closes:
                break
            yield _Opening(who, service, variant, day, at, ends)
            at += _step(ends - at) + timedelta(minutes=chance.choice((0, 0, 0, 15, 30)))


def _offer(service: int, variant: int | None) -> DemoService | DemoVariant:
    return _SERVICES[service] if variant is None else _SERVICES[service].variants[variant]


def _step(length: timedelta) -> timedelta:
    """The length with the buffer, rounded up to the grid."""
    grid = timedelta(minutes=_POLICY.interval_mins)
    return -(-(length + timedelta(minutes=_POLICY.buffer_time_mins)) // grid) * grid


def _instant(day: date, clock: str) -> datetime:
    local = datetime.fromisoformat(f"{day.isoformat()}T{clock}").replace(tzinfo=ZoneInfo(DEMO_ZONE))
    return local.astimezone(UTC)


def _choose(openings: list[_Opening], today: date, wanted: int, chance: Random) -> list[_Opening]:
    """A weighted sample, in the order of time: the further ahead, the fewer people have booked yet."""

    def turn(opening: _Opening) -> float:
        # Efraimidis and Spirakis: the smallest exponential draws, each at the rate of its weight.
        return chance.expovariate(1) * (1 + max(0, (opening.day - today).days) / 28)

    chosen = sorted(openings, key=turn)[:wanted]
    return sorted(chosen, key=lambda opening: (opening.starts_at, opening.staff))


def _book(openings: list[_Opening], today: date, customers: int, chance: Random) -> Iterator[DemoBooking]:
    """Nobody comes twice on one day: the customers queue up in a new order every morning."""
    for day, of_day in groupby(openings, key=lambda opening: opening.day):
        queue = chance.sample(range(customers), customers)
        for opening in of_day:
            yield _booking(opening, queue.pop(), _status(day < today, chance), chance)


def _status(past: bool, chance: Random) -> BookingStatus:
    draw = chance.random()
    if draw < _CANCELLED:
        return BookingStatus.CANCELLED
    if past:
        return BookingStatus.NO_SHOW if draw < _CANCELLED + _NO_SHOW else BookingStatus.COMPLETED
    return BookingStatus.PENDING if draw < _CANCELLED + _PENDING else BookingStatus.CONFIRMED


def _booking(opening: _Opening, customer: int, status: BookingStatus, chance: Random) -> DemoBooking:
    cancelled = status is BookingStatus.CANCELLED
    online = _SERVICES[opening.service].online and not cancelled and chance.random() < _ONLINE
    meeting = f"https://video.example.com/j/{chance.randrange(10**9, 10**10)}"
    return DemoBooking(
        staff=opening.staff,
        service=opening.service,
        variant=opening.variant,
        customer=customer,
        starts_at=opening.starts_at,
        ends_at=opening.ends_at,
        status=status,
        price=_offer(opening.service, opening.variant).price,
        notes=chance.choice(_NOTES) if chance.random() < _NOTED else None,
        cancellation_reason=chance.choice(_REASONS) if cancelled else None,
        video_meeting_url=meeting if online else None,
    )
