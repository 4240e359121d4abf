"""What goes into a resource's `routes.py`."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tools.blueprint.model import EntityField, QuotaRule, StockRule
from tools.components.base import ComponentError
from tools.components.caching import kept_lines
from tools.components.columns import literal, python_type
from tools.components.grants import all_roles, parent_restriction, role_set
from tools.components.limits import limit_argument
from tools.components.names import article, attribute, quote, variable, words
from tools.components.operations import Operation
from tools.components.payloads import (
    caller_fields,
    create_fields,
    takes_password,
    update_fields,
)
from tools.components.plan import Plan
from tools.components.resource_rules import move_tables
from tools.components.services import (
    create_function,
    has_versions,
    is_restricted,
    update_function,
)
from tools.components.views import View, views_of, writer_checks

_DATA = re.compile(r"(?<!\.)\bdata\b(?![\"'=])")
"""The body in lines of code: no key of that name, and no argument."""
_DONE = {
    "list": "Page through {rows}.",
    "get": "Show {row}.",
    "create": "Create {row}.",
    "update": "Change {row}.",
    "delete": "Delete {row}.",
}
UNIQUE_OPERATIONS = {"create", "update"}


@dataclass(frozen=True)
class RouteFunction:
    """One path operation: decorator, signature and body as lines of code."""

    decorator: str
    signature: str
    doc: str
    body: list[str]


def route_functions(
    operations: Sequence[Operation], plan: Plan, imports: dict[str, str]
) -> list[RouteFunction]:
    """The routes in an order in which literal paths come before parameters.

    Adds to `imports` the services of parents that nested routes call.
    """
    ordered = sorted(
        operations, key=lambda o: [part[:1] == "{" for part in o.endpoint.path.split("/")]
    )
    return [_Route(operation, plan, imports).function() for operation in ordered]


def single_row_lines(operation: Operation, plan: Plan, imports: dict[str, str]) -> list[str]:
    """The lines that do the operation for one `item` of a bulk request, its key being `key`."""
    route = _Route(operation, plan, imports)
    data = "item" if operation.kind == "create" else "item.changes"
    lines = [*route.writer_lines(), *route.row_lines()]
    lines = [_DATA.sub(data, line) for line in lines]
    if operation.kind == "update":
        lines.insert(0, "key = item.id")
    last = lines[-1].removeprefix("return ")
    return [*lines[:-1], last if operation.kind == "delete" else f"row = {last}"]


class _Route:
    """Collects the parts of one path operation."""

    def __init__(self, operation: Operation, plan: Plan, imports: dict[str, str]) -> None:
        self.operation = operation
        self.plan = plan
        self.imports = imports
        self.entity = operation.entity
        self.row = variable(self.entity.name)
        self.model = plan.model(self.entity)
        self.restricted = is_restricted(self.entity, plan)
        self.uses_caller = False
        self.views = views_of(self.entity, operation.endpoint, plan)

    def function(self) -> RouteFunction:
        """The finished function."""
        answer = self._tagged
        if self.operation.endpoint.idempotent:
            answer = self._kept
        elif self.operation.endpoint.cache_s:
            answer = self._cached
        body = [*self._parent_lines(), *self.writer_lines(), *answer(self._body())]
        return RouteFunction(self._decorator(), self._signature(), self._doc(), body)

    def writer_lines(self) -> list[str]:
        """The refusal of keys that this caller may not set."""
        if self.operation.kind not in UNIQUE_OPERATIONS:
            return []
        fields = create_fields if self.operation.kind == "create" else update_fields
        sent = fields(self.entity, self.operation.endpoint, self.plan)
        checks = writer_checks(sent, self.operation.endpoint, self.plan)
        if not checks:
            return []
        self.uses_caller = True
        writers = ", ".join(f"{key}: {roles}" for key, roles in checks)
        return [f"check_writers(data, {{{writers}}}, caller.role)"]

    def _kept(self, body: list[str]) -> list[str]:
        """The answer to the first request with its key, for every further one."""
        caller = '""'
        if not self.operation.callers.public:
            self.uses_caller = True
            caller = "caller.id"
        view = f"{self.views[0].schema}.model_validate({self.row})"
        if len(self.views) > 1:
            view = f"show_{self.entity.name}({self.row}, caller.role)"
        keep = f"await idempotency.keep(session, {caller}, {view})"
        answer = [f"return {keep}"]
        if self.shows_version:
            tag = f'answer.headers["ETag"] = etag_of({self.row}.version)'
            answer = [f"answer = {keep}", tag, "return answer"]
        return [
            f"earlier = await idempotency.find(session, {caller}, {self._sent()})",
            "if earlier is not None:",
            "    return earlier",
            *body[:-1],
            f"{self.row} = {body[-1].removeprefix('return ')}",
            *answer,
        ]

    def _cached(self, body: list[str]) -> list[str]:
        """The answer to an earlier request that asked the same, while it holds."""
        call = body[-1].removeprefix("return await ")
        bare = not self.operation.endpoint.paged
        by_role = len(self.views) > 1
        if by_role:
            self.uses_caller = True
            shown = f"{self._shower()}(row, caller.role)"
            show = f"lambda row: {f'RootModel({shown})' if bare else shown}"
        else:
            shape = self._shape(self.views[0])
            show = f"{f'RootModel[{shape}]' if bare else shape}.model_validate"
        return [*body[:-1], *kept_lines(self.operation, self.plan, call, show, by_role=by_role)]

    def _sent(self) -> str:
        """The body as text; without a password, whose digest could be guessed."""
        if self.operation.schema is None:
            return '""'
        secret = quote(attribute(self.plan.auth.password_field)) if self._hashes_password() else ""
        return f"data.model_dump_json({f'exclude={{{secret}}}' if secret else ''})"

    def row_lines(self) -> list[str]:
        """The work on one row, without what only concerns its answer."""
        if self.operation.kind == "create":
            return self._create_body()
        return [f"{self.row} = {self._get()}", *self._changed_password(), self._write()]

    @property
    def shows_version(self) -> bool:
        """Whether the answer is about one row that has a version."""
        return has_versions(self.entity) and self.operation.kind not in {"list", "delete"}

    @property
    def checks_version(self) -> bool:
        """Whether the row is changed or deleted, if it still is what the caller thinks."""
        changes = {"update", "delete", "transition"}
        return has_versions(self.entity) and self.operation.kind in changes

    def _tagged(self, body: list[str]) -> list[str]:
        """The answer with the version of its row, where rows have one."""
        if not self.shows_version:
            return self._shown(body)
        row = f"{self.row} = {body[-1].removeprefix('return ')}"
        tag = f'response.headers["ETag"] = etag_of({self.row}.version)'
        return [*body[:-1], row, tag, *self._shown([f"return {self.row}"])]

    def _shown(self, body: list[str]) -> list[str]:
        """The answer as its caller may see it, where not all callers see the same."""
        if len(self.views) == 1 or self.operation.kind == "delete":
            return body
        self.uses_caller = True
        row = body[-1].removeprefix("return ")
        return [*body[:-1], f"return {self._shower()}({row}, caller.role)"]

    def _shower(self) -> str:
        """The function that shows a role what it may see."""
        several = "_page" if self.operation.endpoint.paged else "_list"
        return f"show_{self.entity.name}{several if self.operation.kind == 'list' else ''}"

    def _decorator(self) -> str:
        endpoint = self.operation.endpoint
        arguments = [quote(endpoint.path)]
        if endpoint.status != 200:
            arguments.append(f"status_code={endpoint.status}")
        if self.operation.kind != "delete":
            arguments.append(f"response_model={' | '.join(map(self._shape, self.views))}")
        if endpoint.status == 204:
            arguments.append("response_class=Response")
        arguments.append(f"responses=documented({', '.join(map(str, self._errors()))})")
        limit = limit_argument(endpoint)
        return f"@router.{endpoint.method.lower()}({', '.join(arguments)}{limit})"

    def _shape(self, view: View) -> str:
        """The type of an answer with that view."""
        if self.operation.kind != "list":
            return view.schema
        return view.page if self.operation.endpoint.paged else f"list[{view.schema}]"

    def _errors(self) -> list[int]:
        operation = self.operation
        errors: set[int] = {self.plan.blueprint.conventions.errors.validation_status}
        if operation.kind in {"create", "update"} and self._refers():
            errors.add(422)
        if not operation.callers.public:
            errors |= {401, 403}
        if operation.object_param or operation.parent_param:
            errors.add(404)
        if operation.kind in {"delete", "transition"} or self._may_conflict():
            errors.add(409)
        if operation.schema is not None and operation.kind != "list":
            errors.add(413)
        if operation.endpoint.idempotent:
            errors.add(422)
        if operation.endpoint.rate_limit:
            errors.add(429)
        if self.checks_version:
            errors |= {412, 428} if self.entity.if_match == "required" else {412}
        return sorted(errors)

    def _refers(self) -> bool:
        children = [self.plan.blueprint.entity(embed.entity) for embed in self.entity.embeds]
        fields = [field for entity in (self.entity, *children) for field in entity.fields]
        return any(field.references is not None for field in fields)

    def _may_conflict(self) -> bool:
        if self.operation.kind not in UNIQUE_OPERATIONS:
            return False
        entity = self.entity
        groups = (*entity.unique_together, *entity.unique_while)
        unique = any(f.unique for f in entity.fields) or bool(groups)
        if self.operation.kind == "update":
            update = update_function(self.operation, self.plan)
            return bool(unique or update.states or [r for r in update.rules if r.follows])
        children = [self.plan.blueprint.entity(embed.entity) for embed in self.entity.embeds]
        rules = [
            (*self.plan.rules(StockRule, made), *self.plan.rules(QuotaRule, made))
            for made in (entity, *children)
        ]
        return bool(unique or any(rules))

    def _signature(self) -> str:
        operation = self.operation
        parameters = []
        if self.plan.has_auth:
            name = "caller" if self.uses_caller else "_"
            parameters.append(f"{name}: {operation.callers.name}")
        if operation.parent_param is not None and operation.parent_field is not None:
            kind = self._id_type(operation.parent_field)
            parameters.append(f"{operation.parent_param}: {kind}")
        if operation.object_param is not None:
            kind = self._id_type(self.plan.key(self.entity))
            parameters.append(f"{operation.object_param}: {kind}")
        if operation.kind == "list" and operation.schema is not None:
            parameters.append(f"query: Annotated[{operation.schema}, Query()]")
        elif operation.schema is not None:
            parameters.append(f"data: {operation.schema}")
        parameters += ["session: SessionDep", *self._tools()]
        return f"async def {operation.name}({', '.join(parameters)}) -> {self._answer()}:"

    def _tools(self) -> Iterator[str]:
        """Parameters that are not the caller's to send, and the version that he changes."""
        if self.operation.endpoint.idempotent:
            yield "idempotency: IdempotencyDep"
        if self._hashes_password():
            yield "passwords: PasswordsDep"
        if self.operation.endpoint.cache_s:
            yield "answer_cache: AnswerCacheDep"
        elif self.shows_version and not self.operation.endpoint.idempotent:
            yield "response: Response"
        if self.checks_version:
            yield "if_match: IfMatch = None"

    def _id_type(self, field: EntityField) -> str:
        numbers = {"integer": "RowId", "bigint": "LargeRowId"}
        return numbers.get(field.type) or python_type(field, self.plan)

    def _answer(self) -> str:
        if self.operation.endpoint.idempotent or self.operation.endpoint.cache_s:
            return "Response"
        if len(self.views) > 1 and self.operation.kind != "delete":
            return " | ".join(map(self._shape, self.views))
        if self.operation.kind == "list":
            return f"{'Slice' if self.operation.endpoint.paged else 'Sequence'}[{self.model}]"
        return "None" if self.operation.kind == "delete" else self.model

    def _doc(self) -> str:
        if self.operation.endpoint.description:
            return _sentence(self.operation.endpoint.description)
        names = {"row": article(words(self.entity.name)), "rows": words(self.entity.table)}
        if not self.operation.endpoint.paged:
            return f"List all {names['rows']}."
        if self.operation.kind == "transition":
            target = self.operation.endpoint.to
            goal = f"to {target}" if target is not None else "to another state"
            return f"Move {names['row']} {goal}."
        return _DONE[self.operation.kind].format(**names)

    def _owned_by(self) -> str:
        """The argument that limits a service function to the caller's own rows."""
        if not self.restricted:
            return ""
        if not self.operation.callers.restricted:
            return ", owned_by=None"
        self.uses_caller = True
        return ", owned_by=caller.owned_by"

    def _parent_lines(self) -> list[str]:
        """The lookup of the parent, as this caller may see it."""
        operation = self.operation
        if operation.parent_param is None or operation.parent_field is None:
            return []
        parent = self.plan.referenced(operation.parent_field)
        service = f"{parent.name}_service"
        folder = self.plan.folder(parent)
        self.imports[service] = f"from app.{folder} import service as {service}"
        owned_by = self._parent_owned_by() if is_restricted(parent, self.plan) else ""
        return [f"await {service}.get_{parent.name}(session, {operation.parent_param}{owned_by})"]

    def _parent_owned_by(self) -> str:
        restricted = parent_restriction(self.operation.endpoint, self.plan)
        if not restricted:
            return ", owned_by=None"
        self.uses_caller = True
        if set(restricted) == set(self.operation.callers.own):
            return ", owned_by=caller.owned_by"
        if set(restricted) == set(all_roles(self.plan)):
            return ", owned_by=caller.id"
        return f", owned_by=caller.id_if({role_set(restricted, self.plan)})"

    def _parent_argument(self) -> str:
        operation = self.operation
        if operation.parent_field is None:
            return ""
        return f", {attribute(operation.parent_field.name)}={operation.parent_param}"

    def _body(self) -> list[str]:
        kind = self.operation.kind
        if kind == "list":
            query = ", query" if self.operation.schema else ""
            arguments = f"session{query}{self._owned_by()}{self._parent_argument()}"
            return [f"return await service.{self.operation.name}({arguments})"]
        if kind == "create":
            return self._create_body()
        if kind == "get":
            return [f"return {self._get()}"]
        return [
            f"{self.row} = {self._get()}",
            *self._version_check(),
            *self._changed_password(),
            self._write(),
        ]

    def _version_check(self) -> list[str]:
        if not self.checks_version:
            return []
        required = ""
        if any(entity.if_match == "required" for entity in self.plan.resources):
            required = f", required={self.entity.if_match == 'required'}"
        return [f"check_version({self.row}.version, if_match{required})"]

    def _get(self) -> str:
        changes_state = (
            self.operation.kind == "transition"
            or self.checks_version
            or (
                self.operation.kind == "update"
                and bool(update_function(self.operation, self.plan).states)
            )
        )
        lock = ", for_update=True" if changes_state else ""
        arguments = f"session, {self.operation.object_param}{self._owned_by()}"
        arguments += self._parent_argument() + lock
        return f"await service.get_{self.entity.name}({arguments})"

    def _write(self) -> str:
        operation = self.operation
        if operation.kind == "delete":
            return f"await service.delete_{self.entity.name}(session, {self.row})"
        if operation.kind == "update":
            arguments = f"session, {self.row}, data{self._update_arguments()}"
            return f"return await service.{operation.name}({arguments})"
        return self._move()

    def _update_arguments(self) -> str:
        update = update_function(self.operation, self.plan)
        arguments = ""
        if any(table.by_role for table in update.states):
            self.uses_caller = True
            arguments += ", role=caller.role"
        if self._hashes_password():
            name = attribute(self.plan.auth.hash_field)
            arguments += f", {name}={name}"
        return arguments + (self._owned_by() if update.checks_owner else "")

    def _changed_password(self) -> list[str]:
        """The hash of a password that was sent; None when it was not."""
        if not self._hashes_password():
            return []
        auth = self.plan.auth
        name, password = attribute(auth.hash_field), attribute(auth.password_field)
        return [
            f"{name} = None",
            f"if {quote(password)} in data.model_fields_set:",
            f"    {name} = await passwords.hash(data.{password})",
        ]

    def _move(self) -> str:
        operation = self.operation
        machine = operation.machine
        if machine is None:
            raise ComponentError(f"{operation.endpoint.key} follows no state machine")
        tables = {table.field: table for table in move_tables(self.entity, self.plan)}
        field = self.entity.field(machine.field)
        if operation.endpoint.to is None:
            target = f"data.{attribute(field.name)}"
        else:
            target = literal(operation.endpoint.to, field, self.plan)
        role = ""
        if tables[field.name].by_role:
            self.uses_caller = True
            role = ", role=caller.role"
        mover = tables[field.name].mover
        return f"return await service.{mover}(session, {self.row}, {target}{role})"

    def _hashes_password(self) -> bool:
        return takes_password(self.operation.endpoint, self.plan)

    def _create_body(self) -> list[str]:
        arguments = f"session, data{self._parent_argument()}"
        for field in caller_fields(self.entity, self.plan):
            self.uses_caller = True
            arguments += f", {attribute(field.name)}=caller.id"
        lines = []
        if self._hashes_password():
            name = attribute(self.plan.auth.hash_field)
            password = attribute(self.plan.auth.password_field)
            lines.append(f"{name} = await passwords.hash(data.{password})")
            arguments += f", {name}={name}"
        if create_function(self.operation, self.plan).checks_owner:
            arguments += self._owned_by()
        return [*lines, f"return await service.{self.operation.name}({arguments})"]


def _sentence(text: str) -> str:
    line = " ".join(text.split()).replace('"""', "'''").replace("\\", "\\\\")
    line = line[:1].upper() + line[1:]
    if line.endswith('"'):
        line += " "
    return line if line.endswith((".", "!", "?")) else f"{line}."
