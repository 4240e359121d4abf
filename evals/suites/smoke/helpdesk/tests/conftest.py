"""The people of the helpdesk, and something to complain about."""

import pytest
from api import ADMIN, BASE, Caller, login, ok, promote, register, unique


@pytest.fixture(scope="session")
def admin():
    return login(*ADMIN)


@pytest.fixture(scope="session")
def agent(admin):
    return promote(admin, "agent")


@pytest.fixture(scope="session")
def alice():
    return register()


@pytest.fixture(scope="session")
def bob():
    return register()


@pytest.fixture(scope="session")
def anyone():
    return Caller()


@pytest.fixture
def ticket(alice):
    return ok(alice.post(f"{BASE}/tickets", ticket_body()))


def ticket_body(**changes):
    return {"title": f"Printer {unique()}", "body": "It is on fire."} | changes
