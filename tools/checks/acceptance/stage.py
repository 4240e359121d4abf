"""What the tests stand on: the Blueprint, the API, the database, and fresh numbers."""

import itertools

from tools.blueprint.model import Auth, Blueprint
from tools.checks.acceptance.api import Api
from tools.checks.acceptance.database import CouldNotRun, Database


class Stage:
    """The backend under test."""

    def __init__(self, blueprint: Blueprint, api: Api, database_url: str) -> None:
        self.blueprint = blueprint
        self.api = api
        self._database_url = database_url
        self._database: Database | None = None
        self._numbers = itertools.count(1)

    @property
    def auth(self) -> Auth:
        """The Blueprint's auth. Raises CouldNotRun when it has none."""
        if self.blueprint.auth is None:
            raise CouldNotRun("the Blueprint has no users")
        return self.blueprint.auth

    @property
    def database(self) -> Database:
        """The backend's database. Raises CouldNotRun when it cannot be reached."""
        if self._database is None:
            self._database = Database(self._database_url)
        return self._database

    def number(self) -> int:
        """A number that no other value of this session was made from."""
        return next(self._numbers)

    def is_user(self, entity: str) -> bool:
        """Whether that is the entity of the users."""
        return self.blueprint.auth is not None and entity == self.blueprint.auth.user_entity
