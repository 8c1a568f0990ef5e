"""Two businesses next door to each other, small enough to know by heart.

Harbor Hair (business 1, New York): Alice, who manages it, and Bob. Six bookings, two of them Bob's.
Mallory's Motors (business 2, Berlin): Mallory, the stranger, with one booking and the same customer.
"""

from __future__ import annotations

from importlib import resources

import psycopg

# (business, staff member, e-mail)
ALICE = (1, 11, "alice@harbor.example")
BOB = (1, 12, "bob@harbor.example")
MALLORY = (2, 21, "mallory@motors.example")
PEOPLE = (ALICE, BOB, MALLORY)

_ROWS = """
INSERT INTO businesses (id, name, time_zone, address, city, state, zip, created_at, updated_at) VALUES
    (1, 'Harbor Hair', 'Eastern Time (US & Canada)', '1 Pier Road', 'Salem', 'MA', '01970', now(), now()),
    (2, 'Mallory''s Motors', 'Europe/Berlin', 'Hafenweg 2', 'Kiel', '', '24103', now(), now());
INSERT INTO users (id, email, role, business_id, active, created_at, updated_at) VALUES
    (101, 'alice@harbor.example', 1, 1, true, now(), now()),
    (102, 'bob@harbor.example', 2, 1, true, now(), now()),
    (201, 'mallory@motors.example', 1, 2, true, now(), now());
INSERT INTO staff_members (id, business_id, user_id, name, email, active, created_at, updated_at) VALUES
    (11, 1, 101, 'Alice Adler', 'alice@harbor.example', true, now(), now()),
    (12, 1, 102, 'Bob Brandt', 'bob@harbor.example', true, now(), now()),
    (21, 2, 201, 'Mallory', 'mallory@motors.example', true, now(), now());
INSERT INTO services (id, business_id, name, duration, price, created_at, updated_at) VALUES
    (31, 1, 'Haircut', 45, 60, now(), now()), (32, 1, 'Colour', 90, 120, now(), now()),
    (41, 2, 'Oil change', 60, 80, now(), now());
INSERT INTO service_variants (id, service_id, name, duration, price, created_at, updated_at) VALUES
    (51, 31, 'Long hair', 60, 75, now(), now());
INSERT INTO services_staff_members (service_id, staff_member_id, created_at, updated_at) VALUES
    (31, 11, now(), now()), (32, 11, now(), now()), (31, 12, now(), now()), (41, 21, now(), now());
INSERT INTO tenant_customers (id, business_id, first_name, last_name, email, phone, created_at, updated_at) VALUES
    (61, 1, 'Maria', 'Santos', 'maria@example.com', '555-0101', now(), now()),
    (62, 1, 'Wei', 'Chen', 'wei@example.com', '555-0102', now(), now()),
    (71, 2, 'Maria', 'Santos', 'maria@example.com', '555-0101', now(), now());
INSERT INTO bookings (id, business_id, staff_member_id, service_id, service_variant_id, tenant_customer_id,
                      start_time, end_time, status, notes, created_at, updated_at) VALUES
    (1001, 1, 11, 31, NULL, 61, '2026-11-24 15:00', '2026-11-24 15:45', 1, 'Allergic to latex', now(), now()),
    (1002, 1, 11, 32, NULL, 62, '2026-11-25 19:00', '2026-11-25 20:30', 0, NULL, now(), now()),
    (1003, 1, 11, 31, 51, 62, '2026-12-01 14:00', '2026-12-01 15:00', 1, '', now(), now()),
    (1004, 1, 11, 31, NULL, 61, '2026-11-20 15:00', '2026-11-20 15:45', 2, NULL, now(), now()),
    (1005, 1, 12, 31, NULL, 61, '2026-11-26 16:00', '2026-11-26 16:45', 1, NULL, now(), now()),
    (1006, 1, 12, 31, NULL, 62, '2026-10-01 16:00', '2026-10-01 16:45', 3, NULL, now(), now()),
    (2001, 2, 21, 41, NULL, 71, '2026-11-24 09:00', '2026-11-24 10:00', 1, 'Winter tyres', now(), now());
"""


def build(url: str) -> None:
    """The booking app's tables with the rows above; ids that the app gives from now on start at 10,000."""
    tables = resources.files("gateway.db").joinpath("booking_app.sql").read_text(encoding="utf-8")
    with psycopg.connect(url) as connection:
        connection.execute(tables.encode())
        connection.execute(_ROWS.encode())
        for table in ("bookings", "services", "tenant_customers", "staff_members", "businesses", "users"):
            connection.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), 10000)".encode())
