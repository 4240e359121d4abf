"""The whole that a test is given: who plays, what there is, and how to call the backend."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from pydantic import JsonValue

from tools.blueprint.model import Blueprint, Endpoint
from tools.checks.acceptance import facts
from tools.checks.acceptance.actors import Actor, Actors
from tools.checks.acceptance.api import Answer, Api, Params, Row
from tools.checks.acceptance.case import EndpointCase
from tools.checks.acceptance.paths import path_to
from tools.checks.acceptance.rows import Rows
from tools.checks.acceptance.stage import Stage


class World(Stage):
    """The backend under test, its users and its rows."""

    def __init__(self, blueprint: Blueprint, api: Api, database_url: str) -> None:
        super().__init__(blueprint, api, database_url)
        self.actors = Actors(self)
        self.rows = Rows(self, self.actors)
        api.forget_calls = self.forget_calls

    def forget_calls(self) -> None:
        """Start every limit of calls anew."""
        self.database.forget_calls()

    @contextmanager
    def counting_calls(self) -> Iterator[None]:
        """While this lasts, a 429 is an answer like any other."""
        self.forget_calls()
        self.api.forget_calls = None
        try:
            yield
        finally:
            self.api.forget_calls = self.forget_calls
            self.forget_calls()

    def player(self, case: EndpointCase, label: str = "main") -> Actor | None:
        """Who plays a case: the user of its role, or nobody.

        Where users can have few such objects, or few that these refer to, each case has its own.
        """
        if case.role is None:
            return None
        name = case.endpoint.entity
        if name is not None and facts.is_scarce(self.blueprint, self.blueprint.entity(name)):
            label = f"{label} of {case.id}"
        return self.actors.get(case.role, label)

    def other(self, case: EndpointCase) -> Actor:
        """Somebody else of the same role."""
        other = self.player(case, "other")
        assert other is not None, "only cases with a role have somebody else"
        return other

    def call(
        self,
        endpoint: Endpoint,
        caller: Actor | None,
        *,
        row: Row | None = None,
        parent: JsonValue = None,
        body: JsonValue = None,
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Call an endpoint as somebody.

        Args:
            endpoint: the endpoint.
            caller: whose token is sent; None: none.
            row: the object the path ends in; None: one that does not exist.
            parent: the id of the parent in the path; None: the row's, or one that does not exist.
            body: JSON body.
            params: query parameters.
            headers: further headers; None: those that the endpoint cannot do without.
        """
        if headers is None and facts.conditional(self.blueprint, endpoint):
            headers = {"If-Match": "*"}
        return self.api.call(
            endpoint.method,
            path_to(self.blueprint, endpoint, row or {}, parent),
            token=caller.access if caller else None,
            body=body,
            params=params,
            headers=headers,
        )

    def parent_for(self, endpoint: Endpoint, owner: Actor | None) -> JsonValue:
        """The id of a new parent for a nested endpoint; None for a flat one."""
        if endpoint.parent is None or endpoint.entity is None:
            return None
        key = self.blueprint.entity(endpoint.entity).field(endpoint.parent)
        return self.rows.reference(key, owner)
