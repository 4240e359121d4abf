"""Who takes part."""

import pytest
from api import ADMIN, Caller, login, promote, register


@pytest.fixture(scope="session")
def admin():
    return login(*ADMIN)


@pytest.fixture(scope="session")
def staff(admin):
    return promote(admin, "staff")


@pytest.fixture(scope="session")
def alice():
    return register()


@pytest.fixture(scope="session")
def bob():
    return register()


@pytest.fixture(scope="session")
def anyone():
    return Caller()
