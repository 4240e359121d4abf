"""Whether a Blueprint makes sense as a whole: every finding says what, why, and how to fix it."""

from collections import Counter
from collections.abc import Iterator

from tools.blueprint.check_computed import check_computed
from tools.blueprint.check_endpoints import check_endpoints
from tools.blueprint.check_entities import check_entities, names_of
from tools.blueprint.check_rules import check_rules
from tools.blueprint.check_scenarios import check_scenarios
from tools.blueprint.check_tests import check_test
from tools.blueprint.model import Auth, Blueprint, Entity
from tools.blueprint.parts import named_parts
from tools.blueprint.problem import Problem

__all__ = ["Problem", "validate_blueprint"]

BCRYPT_BYTES = 72
ADMIN = "admin"
"""The role that components give the first administrator."""


def validate_blueprint(blueprint: Blueprint) -> list[Problem]:
    """Every problem, in the order of the Blueprint's parts; empty means it can be frozen."""
    return [
        *_check_names(blueprint),
        *_check_conventions(blueprint),
        *check_entities(blueprint),
        *check_computed(blueprint),
        *(_check_auth(blueprint, blueprint.auth) if blueprint.auth else ()),
        *check_endpoints(blueprint),
        *check_rules(blueprint),
        *check_scenarios(blueprint),
        *(found for test in blueprint.tests for found in check_test(test)),
        *_check_requirements(blueprint),
    ]


def _check_names(blueprint: Blueprint) -> Iterator[Problem]:
    named = {
        "entity": [entity.name for entity in blueprint.entities],
        "table": [entity.table for entity in blueprint.entities],
        "enum": [enum.name for enum in blueprint.enums],
        "role": [role.name for role in blueprint.roles],
        "scenario": [scenario.name for scenario in blueprint.scenarios],
        "test": [test.name for test in blueprint.tests],
        "requirement": [requirement.id for requirement in blueprint.requirements],
    }
    for entity in blueprint.entities:
        named[f"entity {entity.name}, field"] = [field.name for field in entity.fields]
    for kind, names in named.items():
        for name, count in Counter(names).items():
            if count > 1:
                yield Problem(
                    f"{kind} {name}",
                    f"the name is used {count} times",
                    "Parts refer to each other by name",
                    "rename or merge them",
                )


def _check_conventions(blueprint: Blueprint) -> Iterator[Problem]:
    pages = blueprint.conventions.pagination
    if not 1 <= pages.default_size <= pages.max_size:
        yield Problem(
            "conventions.pagination",
            f"default_size {pages.default_size} is not within 1 to max_size {pages.max_size}",
            "A list without a size parameter would be refused",
            "correct the two",
        )


def _check_auth(blueprint: Blueprint, auth: Auth) -> Iterator[Problem]:
    users = [entity for entity in blueprint.entities if entity.name == auth.user_entity]
    needed = {auth.login_field, auth.hash_field, *([auth.role_field] if auth.role_field else [])}
    if not users or not needed <= names_of(users[0]):
        yield Problem(
            "auth",
            f"the entity `{auth.user_entity}` with {', '.join(sorted(needed))} is incomplete",
            "Logins are checked against it",
            "add the entity and these fields",
            auth.line,
            gap=True,
        )
    elif users[0].field(auth.hash_field).readable:
        yield Problem(
            "auth",
            f"`{auth.user_entity}.{auth.hash_field}` is readable",
            "Password hashes must never leave the server",
            "set readable to false",
            auth.line,
        )
    elif auth.role_field:
        yield from _check_role_field(blueprint, auth, users[0])
    if users and auth.active_field:
        yield from _check_active_field(auth, users[0])
    operations = {endpoint.operation for endpoint in blueprint.endpoints}
    if "login" not in operations:
        yield Problem(
            "auth",
            "no endpoint has operation login",
            "Without it nobody gets a token",
            "add POST /auth/login (operation login, public)",
            auth.line,
            gap=True,
        )
    yield from _check_password_lengths(auth)
    registration = blueprint.endpoint("register")
    rulers = {ADMIN, auth.first_admin_role or ADMIN}
    if registration and registration.access.public and auth.default_role in rulers:
        yield Problem(
            registration.key,
            f"whoever registers becomes {auth.default_role}",
            "Registration is public, so anybody would rule the backend",
            "add a role for those who register and name it as default role, or take away the "
            "registration",
            registration.line,
            gap=True,
        )
    roles = {role.name for role in blueprint.roles}
    named = {"default": auth.default_role, "first admin's": auth.first_admin_role}
    for kind, role in named.items():
        if role is not None and role not in roles:
            yield Problem(
                "auth",
                f"the {kind} role {role!r} is no role",
                "Users get it",
                f"use one of {', '.join(sorted(roles)) or 'the roles to be added'}",
                auth.line,
            )
    if auth.role_field and auth.default_role is None and "register" in operations:
        yield Problem(
            "auth",
            "whoever registers would have no role",
            "Privileges are never guessed",
            f"set default_role to one of {', '.join(sorted(roles)) or 'the roles to be added'}",
            auth.line,
            gap=True,
        )


def _check_active_field(auth: Auth, user: Entity) -> Iterator[Problem]:
    found = [field for field in user.columns if field.name == auth.active_field]
    if not found or found[0].type != "boolean" or found[0].default is not True:
        yield Problem(
            "auth",
            f"`{user.name}.{auth.active_field}` is no boolean with the default true",
            "It says who may log in, and whoever is new may",
            f"give `{user.name}` the field `{auth.active_field}: boolean, default true`",
            auth.line,
        )


def _check_password_lengths(auth: Auth) -> Iterator[Problem]:
    most = auth.password_max_length
    if most is not None and most < auth.password_min_length:
        what, fix = "the longest password is shorter than the shortest", "correct the two lengths"
    elif most is not None and most > BCRYPT_BYTES and auth.password_hash == "bcrypt":  # noqa: S105 - an algorithm
        what = (
            f"passwords of {most} characters, hashed with bcrypt, which sees {BCRYPT_BYTES} bytes"
        )
        fix = "hash with argon2id, or allow fewer characters"
    else:
        return
    yield Problem("auth", what, "Every password within the lengths must work", fix, auth.line)


def _check_role_field(blueprint: Blueprint, auth: Auth, user: Entity) -> Iterator[Problem]:
    field = user.field(auth.role_field or "")
    values = {v for enum in blueprint.enums if enum.name == field.enum for v in enum.values}
    missing = {role.name for role in blueprint.roles} - values
    if field.type != "enum" or missing:
        what = f"lacks {', '.join(sorted(missing))}" if values else f"is of type {field.type}"
        yield Problem(
            "auth",
            f"`{user.name}.{field.name}` {what}",
            "It holds the name of one of the roles",
            "make it an enum whose values are the roles",
            field.line,
        )


def _check_requirements(blueprint: Blueprint) -> Iterator[Problem]:
    known = {requirement.id for requirement in blueprint.requirements}
    named = {id_ for part in named_parts(blueprint).values() for id_ in part.requirements}
    for missing in sorted((named | set(blueprint.not_testable)) - known):
        yield Problem(
            f"requirement {missing}",
            "a part names it, but the spec has no such requirement",
            "Proof is traced to the numbered statements of the spec",
            "name one of the listed requirements, or none",
        )
