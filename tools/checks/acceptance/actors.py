"""Users that the tests play: one per role and label, signed up and logged in once."""

from dataclasses import dataclass
from functools import cached_property
from uuid import uuid4

from pwdlib.hashers.argon2 import Argon2Hasher
from pwdlib.hashers.bcrypt import BcryptHasher
from pydantic import JsonValue

from tools.blueprint.model import Endpoint, Entity, EntityField
from tools.checks.acceptance import facts
from tools.checks.acceptance.api import Answer, Row
from tools.checks.acceptance.database import CouldNotRun
from tools.checks.acceptance.payloads import good_value
from tools.checks.acceptance.stage import Stage

PASSWORD = "correct horse battery staple 1!"


@dataclass(frozen=True)
class Actor:
    """A logged-in user."""

    role: str
    id: JsonValue
    login: str
    password: str
    access: str
    refresh: str | None


class Actors:
    """Everybody who plays."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._known: dict[tuple[str, str], Actor] = {}

    def newcomer(self) -> Actor:
        """The user who has registered and nothing more, in a session of his own."""
        role = self.newcomer_role()
        return self.open_session(role, self.get(role).login)

    def get(self, role: str, label: str = "main") -> Actor:
        """The user of that role and label, signed up at first use."""
        if (role, label) not in self._known:
            self._known[role, label] = self.sign_up(role)
        return self._known[role, label]

    def caller(self, role: str | None) -> Actor | None:
        """The ordinary user of a role; None for nobody."""
        return None if role is None else self.get(role)

    def owner_for(self, entity: Entity) -> Actor | None:
        """A user who may own a row of the entity; None when rows have no owner.

        None for users too: each owns himself, and the known ones must stay as they are.
        """
        if not entity.owner or self._stage.is_user(entity.name):
            return None
        made = facts.maker(self._stage.blueprint, entity.name)
        able = facts.granted(self._stage.blueprint, made[0]) if made else ()
        known = facts.roles(self._stage.blueprint)
        if not known:
            raise CouldNotRun(f"{entity.name} has an owner but the Blueprint has no users")
        role = (able or known)[-1]
        scarce = facts.is_scarce(self._stage.blueprint, entity)
        return self.sign_up(role) if scarce else self.get(role)

    def owner_seen_by(
        self, endpoint: Endpoint, entity: Entity, caller: Actor | None
    ) -> Actor | None:
        """Whose row the caller may reach through the endpoint."""
        if caller is not None and facts.reach(endpoint, caller.role) == "own":
            return caller
        return self.owner_for(entity)

    def newcomer_role(self) -> str:
        """The role of whoever registers, else the last one."""
        return self._stage.auth.default_role or facts.roles(self._stage.blueprint)[-1]

    def sign_up(self, role: str) -> Actor:
        """A new user of that role, through the API where it has a registration.

        Raises:
            CouldNotRun: there is no way to log somebody in.
            AssertionError: an answer is not as it must be.
        """
        login = self._register(role)
        if login is None:
            login = str(self.enroll(role)[self._stage.auth.login_field])
        return self.open_session(role, login)

    def open_session(self, role: str, login: str) -> Actor:
        """A known user, logged in anew. Raises as `sign_up` does."""
        tokens = self.log_in(login, PASSWORD).expect(200).row
        keys = self._stage.blueprint.conventions.tokens
        access, refresh = tokens.get(keys.access_key), tokens.get(keys.refresh_key)
        if not isinstance(access, str):
            raise AssertionError(f"login answers without {keys.access_key!r}: {sorted(tokens)}")
        return Actor(
            role=role,
            id=self._id_of(login, access),
            login=login,
            password=PASSWORD,
            access=access,
            refresh=refresh if isinstance(refresh, str) else None,
        )

    def log_in(self, login: str, password: str) -> Answer:
        """The answer to a login, in the form that the conventions say."""
        stage, endpoint = self._stage, self._stage.blueprint.endpoint("login")
        if endpoint is None:
            raise CouldNotRun("the Blueprint has no login endpoint, so no user can be played")
        if stage.blueprint.conventions.tokens.login_body == "form":
            form = {"username": login, "password": password}
            return stage.api.call(endpoint.method, endpoint.path, form=form)
        body: Row = {stage.auth.login_field: login, stage.auth.password_field: password}
        return stage.api.call(endpoint.method, endpoint.path, body=body)

    def registration(self, endpoint: Endpoint) -> Row:
        """A valid body of the registration."""
        stage = self._stage
        entity = stage.blueprint.entity(stage.auth.user_entity)
        fields = facts.body_fields(stage.blueprint, endpoint, entity)
        body: Row = {field.name: self._value(field) for field in fields if not field.references}
        return {**body, stage.auth.password_field: PASSWORD}

    def _register(self, role: str) -> str | None:
        """The login of a new user; None without a registration."""
        stage, auth = self._stage, self._stage.auth
        endpoint = stage.blueprint.endpoint("register")
        if endpoint is None:
            return None
        body = self.registration(endpoint)
        stage.api.call(endpoint.method, endpoint.path, body=body).expect(endpoint.status)
        login = str(body[auth.login_field])
        if auth.role_field and role not in (auth.default_role, facts.ANY_USER):
            table = stage.blueprint.entity(auth.user_entity).table
            stage.database.update(table, auth.login_field, login, {auth.role_field: role})
        return login

    def enroll(self, role: str) -> Row:
        """A new user put into the database, who has the password of all and can log in.

        Raises:
            CouldNotRun: the database cannot be reached, or refuses him.
        """
        auth = self._stage.auth
        entity = self._stage.blueprint.entity(auth.user_entity)
        row: Row = {
            field.name: self._column_value(field)
            for field in entity.columns
            if field.generated != "identity" and not (field.references and field.nullable)
        }
        row[auth.hash_field] = self._hash
        if auth.active_field:
            row[auth.active_field] = True
        if auth.role_field and role != facts.ANY_USER:
            row[auth.role_field] = role
        key = entity.primary_key[0]
        return {**row, key: self._stage.database.insert(entity.table, row, key)}

    def _column_value(self, field: EntityField) -> JsonValue:
        if field.generated == "uuid":
            return str(uuid4())
        return field.default if field.default is not None else self._value(field)

    @cached_property
    def _hash(self) -> str:
        argon2 = self._stage.auth.password_hash == "argon2id"
        return str((Argon2Hasher() if argon2 else BcryptHasher()).hash(PASSWORD))

    def _value(self, field: EntityField) -> JsonValue:
        return good_value(self._stage.blueprint, field, self._stage.number())

    def _id_of(self, login: str, access: str) -> JsonValue:
        stage = self._stage
        entity = stage.blueprint.entity(stage.auth.user_entity)
        key, me = entity.primary_key[0], stage.blueprint.endpoint("me")
        if me is not None:
            found = stage.api.call(me.method, me.path, token=access).expect(me.status).row
            if key in found:
                return found[key]
        text = stage.database.read(entity.table, stage.auth.login_field, login, key)
        whole = entity.field(key).type in ("integer", "bigint") and text is not None
        return int(str(text)) if whole else text
