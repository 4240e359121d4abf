"""Packets and wishes, from the spec's tables and rules."""

import pytest
from api import REFUSED, ids, ok, register, unique


def body(**changes):
    return {"label": unique(), "plant": "Bean", "grams": 20, "price": "2.50"} | changes


def packet(staff, **changes):
    return ok(staff.post("/packets", body(**changes)))


def test_a_packet_is_kept(staff, anyone):
    sent = body()
    made = ok(staff.post("/packets", sent))
    shown = ok(anyone.get(f"/packets/{made['id']}"))
    assert {key: shown[key] for key in sent} == sent
    assert type(shown["id"]) is int
    changed = ok(staff.patch(f"/packets/{made['id']}", {"price": "3.00"}))
    assert (changed["price"], changed["label"]) == ("3.00", sent["label"])


@pytest.mark.parametrize(
    "changes",
    [{"grams": 0}, {"grams": 5001}, {"price": "-0.01"}, {"plant": None}, {"color": "red"}],
)
def test_packets_that_are_none(staff, changes):
    assert staff.post("/packets", body(**changes)).status_code in REFUSED


def test_a_deleted_packet_is_gone_and_its_label_free(staff, anyone):
    made = packet(staff)
    assert staff.delete(f"/packets/{made['id']}").status_code in (200, 204)
    assert anyone.get(f"/packets/{made['id']}").status_code == 404
    assert staff.patch(f"/packets/{made['id']}", {"grams": 1}).status_code == 404
    assert staff.delete(f"/packets/{made['id']}").status_code == 404
    assert made["id"] not in ids(anyone.get("/packets", page_size=50))
    again = packet(staff, label=made["label"])
    assert again["id"] != made["id"]
    assert staff.post("/packets", body(label=made["label"])).status_code == 409


def test_nobody_wishes_for_what_is_hidden(staff):
    made = packet(staff)
    staff.delete(f"/packets/{made['id']}")
    answer = register().post("/wishes", {"packet_id": made["id"]})
    assert answer.status_code in (404, 409, *REFUSED)


def test_pages(staff, anyone):
    for grams in (30, 10, 20):
        packet(staff, grams=grams)
    first = ok(anyone.get("/packets", page=1, page_size=2))
    second = ok(anyone.get("/packets", page=2, page_size=2))
    assert (len(first["data"]), first["count"] >= 3) == (2, True)
    assert not {row["id"] for row in first["data"]} & {row["id"] for row in second["data"]}
    assert first["count"] == second["count"]
    answer = anyone.get("/packets", page_size=51)
    assert answer.status_code in REFUSED or len(answer.json()["data"]) <= 50


def test_a_wish_has_a_default_and_is_made_once(staff):
    who, made = register(), packet(staff)
    wish = ok(who.post("/wishes", {"packet_id": made["id"]}))
    assert (wish["grams"], wish["member_id"]) == (5, who.account["id"])
    assert who.post("/wishes", {"packet_id": made["id"], "grams": 9}).status_code == 409
    ok(register().post("/wishes", {"packet_id": made["id"]}))
    assert who.delete(f"/wishes/{wish['id']}").status_code in (200, 204)
    ok(who.post("/wishes", {"packet_id": made["id"]}))


def test_errors_are_problems(anyone):
    answer = anyone.get("/packets/2000000000")
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert answer.json()["status"] == 404
