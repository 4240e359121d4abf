"""The YAML block at the top of a spec: name, title, roles, auth and conventions."""

from collections.abc import Iterator
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from agent.intake.problem import Problem
from tools.blueprint.conventions import Conventions
from tools.blueprint.model import Auth, Name
from tools.blueprint.words import snake_case

EnvironmentName = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{0,62}$")]
KeyPath = tuple[str, ...]
_FIRST_LINE = 2  # the front matter starts below `---`
_NODE_LIMIT = 2_000
_OWN_KEYS = frozenset({"no_auth", "requirements", "line"})


class ServiceOptions(BaseModel):
    """A service that the backend calls."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: EnvironmentName
    """The environment variable that holds its address."""
    timeout_s: Annotated[float, Field(gt=0, le=120)] = 10


class FrontMatter(BaseModel):
    """What the block may hold. Keys that are left out are decided by the rest of the spec."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Name | None = None
    """Name of the backend, snake_case."""
    title: str | None = None
    summary: str | None = None
    roles: dict[Name, str] = {}
    """Role -> description; a list of names works too."""
    auth: Auth | None = None
    """Options of users and tokens; `false` for a backend without users."""
    no_auth: bool = False
    conventions: Conventions = Conventions()
    services: dict[Name, ServiceOptions] = {}
    """Name -> service; the variable's name alone works too."""


def read_front_matter(text: str) -> tuple[FrontMatter, dict[KeyPath, int], list[Problem]]:
    """The block's values, the line of each key, and every problem in it.

    Args:
        text: YAML that starts on line 2 of the spec; "" when there is none.
    """
    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        lines = dict(_key_lines(node, ())) if node is not None else {}
        value = loader.construct_document(node) if node is not None else {}
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = _FIRST_LINE + (mark.line if mark else 0)
        return _refused(line, f"the front matter is not valid YAML: {error.problem}")
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        return _refused(_FIRST_LINE, f"the front matter is not valid YAML: {error}")
    if not isinstance(value, dict):
        return _refused(_FIRST_LINE, "the front matter is not a mapping of keys to values")
    return _validated(_normalized(value), lines)


def _key_lines(node: yaml.Node, path: KeyPath) -> Iterator[tuple[KeyPath, int]]:
    """Every key's path and line. Raises YAMLError for duplicates and for aliases that explode."""
    seen: set[int] = set()
    stack: list[tuple[yaml.Node, KeyPath]] = [(node, path)]
    while stack:
        current, path = stack.pop()
        if id(current) in seen or len(seen) > _NODE_LIMIT:
            raise yaml.YAMLError("anchors and aliases are not supported")
        seen.add(id(current))
        if isinstance(current, yaml.SequenceNode):
            stack.extend((item, (*path, str(i))) for i, item in enumerate(current.value))
        if isinstance(current, yaml.MappingNode):
            keys: set[str] = set()
            for key, item in current.value:
                if key.value in keys:
                    raise yaml.YAMLError(f"the key {key.value!r} appears twice")
                keys.add(str(key.value))
                yield (*path, str(key.value)), _FIRST_LINE + key.start_mark.line
                stack.append((item, (*path, str(key.value))))


def _normalized(value: dict[object, object]) -> dict[str, object]:
    """The accepted short forms spelled out: a list of roles, `auth: false`."""
    result = {str(key): item for key, item in value.items()}
    roles = result.get("roles")
    if isinstance(roles, list):
        result["roles"] = {_role_name(role): "" for role in roles}
    elif isinstance(roles, dict):
        result["roles"] = {_role_name(role): text or "" for role, text in roles.items()}
    services = result.get("services")
    if isinstance(services, dict):
        named = services.items()
        result["services"] = {n: {"url": s} if isinstance(s, str) else s for n, s in named}
    if result.get("auth") is False:
        result |= {"auth": None, "no_auth": True}
    elif result.get("auth") is True:
        result["auth"] = {}
    return result


def _role_name(role: object) -> str:
    return snake_case(str(role)) or str(role)


def _validated(
    value: dict[str, object], lines: dict[KeyPath, int]
) -> tuple[FrontMatter, dict[KeyPath, int], list[Problem]]:
    try:
        return FrontMatter.model_validate(value), lines, []
    except ValidationError as error:
        problems = []
        for one in error.errors():
            path = tuple(str(part) for part in one["loc"] if part != "[key]")
            line = next((lines[path[:n]] for n in range(len(path), 0, -1) if path[:n] in lines), 2)
            where = ".".join(path)
            if one["type"] == "extra_forbidden":
                reason = f"unknown key `{where}` in the front matter"
                remedy = f"Remove it, or use one of: {', '.join(_known_keys(path[:-1]))}."
            else:
                reason = f"`{where}` in the front matter is wrong: {one['msg']}"
                remedy = "Correct the value; docs/spec.md lists what each key takes."
            problems.append(Problem(line, reason, remedy))
        return FrontMatter(), lines, problems


def _known_keys(path: KeyPath) -> list[str]:
    model: type[BaseModel] = FrontMatter
    for key in path:
        info = model.model_fields.get(key)
        if info is None:
            return []
        default = Auth() if key == "auth" else info.default
        if isinstance(default, BaseModel):
            model = type(default)
    return [key for key in model.model_fields if key not in _OWN_KEYS]


def _refused(line: int, reason: str) -> tuple[FrontMatter, dict[KeyPath, int], list[Problem]]:
    problem = Problem(line, reason, "Correct it, or remove the block between the `---` lines.")
    return FrontMatter(), {}, [problem]
