"""A booking row, seen by a calendar app."""

import requests


def test_a_manager_sees_her_bookings_and_her_colleagues(live):
    alice = live.town.alice
    answer = requests.request(
        "PROPFIND",
        live.address + alice.home,
        auth=(alice.email, alice.password),
        headers={"Depth": "1"},
        timeout=5,
    )
    assert answer.status_code == 207, answer.text
    for calendar in ("bookings", "busy", "staff-12", "team"):
        assert f"<href>/dav/s11/{calendar}/</href>" in answer.text
