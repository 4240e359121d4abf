"""Follows input from the parameters of routes to the calls in which it does harm.

Flow-sensitive within a function, through calls of the app's own functions, and aware of the tests
that make an input harmless (`guards`). Where it does not know, it leans towards silence: what the
probes cannot see is better missed than a sound app accused.
"""

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field

from tools.checks.security.source import guards
from tools.checks.security.source.parameters import parameter_values
from tools.checks.security.source.project import Definition, Project, SourceFile, dotted
from tools.checks.security.source.routes import Route
from tools.checks.security.source.sinks import Sink, sinks_of
from tools.checks.security.source.values import NOTHING, Value, joined

MAX_DEPTH = 6
NUMBERS = frozenset(
    [
        "int",
        "float",
        "bool",
        "len",
        "UUID",
        "uuid.UUID",
        "hash",
        "ord",
        "abs",
        "round",
        "sum",
        "date.fromisoformat",
        "datetime.fromisoformat",
        "datetime.datetime.fromisoformat",
        "Decimal",
        "decimal.Decimal",
    ]
)
CLEANERS: dict[str, tuple[str, ...]] = {
    "html.escape": ("xss",),
    "escape": ("xss",),
    "markupsafe.escape": ("xss",),
    "bleach.clean": ("xss",),
    "shlex.quote": ("command_injection",),
    "re.escape": ("redos",),
    "os.path.basename": ("path_traversal", "zip_slip"),
    "secure_filename": ("path_traversal", "zip_slip"),
    "urllib.parse.quote": ("xss", "open_redirect", "path_traversal", "header_injection"),
    "urllib.parse.quote_plus": ("xss", "open_redirect", "path_traversal"),
    "urllib.parse.urlencode": ("xss", "open_redirect"),
    "repr": ("log_injection",),
    "json.dumps": ("log_injection",),
    "min": ("resource_exhaustion",),
    "ast.literal_eval": ("code_injection",),
}
OPAQUE = frozenset(
    [
        "hashlib",
        "hmac",
        "secrets",
        "uuid",
        "base64.b64encode",
        "bcrypt",
        "argon2",
        "jwt",
        "pwd_context",
        "password_hash",
    ]
)
"""What their results hold has nothing of the input's text."""
TEXT_METHODS = frozenset(
    [
        "strip",
        "lstrip",
        "rstrip",
        "lower",
        "upper",
        "title",
        "format",
        "join",
        "replace",
        "split",
        "rsplit",
        "partition",
        "rpartition",
        "decode",
        "encode",
        "removeprefix",
        "removesuffix",
        "splitlines",
        "capitalize",
        "casefold",
        "zfill",
        "ljust",
        "rjust",
    ]
)
REQUEST_PARTS = frozenset(
    ["query_params", "headers", "cookies", "path_params", "url", "json", "form", "body", "stream"]
)


@dataclass(frozen=True)
class Hit:
    """Input that arrives where it does harm."""

    sink: Sink
    file: SourceFile
    line: int
    origins: frozenset[str]
    route: Route


@dataclass
class Scope:
    """The names of one function while it is read."""

    definition: Definition
    names: dict[str, Value] = field(default_factory=dict)
    returned: list[Value] = field(default_factory=list)


class Tracer:
    """Reads one route and everything that it calls."""

    def __init__(self, project: Project, route: Route) -> None:
        self._project = project
        self._route = route
        self._guarded: dict[str, frozenset[str]] = {}
        self._depth = 0
        self.hits: list[Hit] = []

    def run(self) -> list[Hit]:
        """The hits, each place once."""
        definition = self._route.handler
        scope = Scope(definition, parameter_values(self._project, definition))
        self._block(definition.node.body, scope)
        if self._route.returns_html:
            self._returned_html(scope)
        found = {(hit.sink.kind, hit.file.path, hit.line): hit for hit in self.hits}
        return list(found.values())

    def _returned_html(self, scope: Scope) -> None:
        node = scope.definition.node
        for value in scope.returned:
            self._arrive(Sink("xss", ast.Constant(""), "an HTML page", True), value, scope, node)

    # --- statements

    def _block(self, body: Sequence[ast.stmt], scope: Scope) -> None:
        for statement in body:
            self._statement(statement, scope)

    def _statement(self, node: ast.stmt, scope: Scope) -> None:  # noqa: C901, PLR0912 - a table
        match node:
            case ast.Assign():
                value = self._value(node.value, scope)
                for target in node.targets:
                    self._bind(target, value, scope, node)
            case ast.AnnAssign() if node.value is not None:
                self._bind(node.target, self._value(node.value, scope), scope, node)
            case ast.AugAssign():
                old = self._value(node.target, scope)
                value = joined([old, self._value(node.value, scope)])
                self._bind(node.target, value, scope, node)
            case ast.If():
                self._if(node, scope)
            case ast.For() | ast.AsyncFor():
                self._bind(node.target, self._value(node.iter, scope), scope, node)
                self._block(node.body, scope)
                self._block(node.orelse, scope)
            case ast.While():
                self._value(node.test, scope)
                self._block(node.body, scope)
            case ast.With() | ast.AsyncWith():
                for item in node.items:
                    value = self._value(item.context_expr, scope)
                    if item.optional_vars is not None:
                        self._bind(item.optional_vars, value, scope, node)
                self._block(node.body, scope)
            case ast.Try():
                self._try(node, scope)
            case ast.Return():
                if node.value is not None:
                    scope.returned.append(self._value(node.value, scope))
            case ast.Match():
                self._value(node.subject, scope)
                for case in node.cases:
                    self._block(case.body, scope)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                pass
            case _:
                for child in ast.iter_child_nodes(node):
                    if isinstance(child, ast.expr):
                        self._value(child, scope)

    def _if(self, node: ast.If, scope: Scope) -> None:
        self._value(node.test, scope)
        kinds = guards.kinds_guarded(node.test)
        origins = self._origins_in(node.test, scope)
        before = dict(self._guarded)
        self._guard(origins, kinds)
        inside = dict(self._guarded)
        if guards.leaves(node.body):
            self._guarded = dict(before)
        self._block(node.body, scope)
        self._guarded = dict(inside)
        self._block(node.orelse, scope)
        left = guards.leaves(node.body) or guards.leaves(node.orelse)
        self._guarded = inside if left else before
        if not left and _only_assigns(node.body):
            self._guarded = inside  # if x not in ALLOWED: x = DEFAULT

    def _try(self, node: ast.Try, scope: Scope) -> None:
        self._block(node.body, scope)
        for handler in node.handlers:
            self._block(handler.body, scope)
        if any(guards.leaves(handler.body) for handler in node.handlers):
            for statement in node.body:  # `path.relative_to(root)` that raises is a test too
                self._guard(self._origins_in(statement, scope), _raising_guards(statement))
        self._block(node.orelse, scope)
        self._block(node.finalbody, scope)

    def _guard(self, origins: frozenset[str], kinds: frozenset[str]) -> None:
        for origin in origins:
            self._guarded[origin] = self._guarded.get(origin, frozenset()) | kinds

    def _origins_in(self, node: ast.AST, scope: Scope) -> frozenset[str]:
        found: frozenset[str] = frozenset()
        for part in ast.walk(node):
            if isinstance(part, ast.Name | ast.Attribute):
                found |= self._name(part, scope).origins
        return found

    def _bind(self, target: ast.expr, value: Value, scope: Scope, node: ast.stmt) -> None:
        if isinstance(target, ast.Tuple | ast.List):
            for part in target.elts:
                self._bind(part, value, scope, node)
        elif isinstance(target, ast.Starred):
            self._bind(target.value, value, scope, node)
        elif isinstance(target, ast.Name):
            scope.names[target.id] = value
            for old in [key for key in scope.names if key.startswith(f"{target.id}.")]:
                del scope.names[old]
        elif isinstance(target, ast.Attribute):
            scope.names[ast.unparse(target)] = value
        elif isinstance(target, ast.Subscript):
            key = target.slice
            name = key.value if isinstance(key, ast.Constant) else None
            container = ast.unparse(target.value)
            scope.names[container] = joined([scope.names.get(container, NOTHING), value])
            if isinstance(name, str) and name.lower() == "location":
                sink = Sink("open_redirect", target, "the target of a redirect", raw_only=True)
                self._arrive(sink, value, scope, node)

    # --- expressions

    def _value(self, node: ast.expr, scope: Scope) -> Value:  # noqa: C901, PLR0911 - a table
        match node:
            case ast.Constant() | ast.Lambda():
                return NOTHING
            case ast.Name() | ast.Attribute():
                return self._name(node, scope)
            case ast.Call():
                return self._call(node, scope)
            case ast.Await() | ast.Starred() | ast.FormattedValue():
                value = self._value(node.value, scope)
                escaped = isinstance(node, ast.FormattedValue) and node.conversion == ord("r")
                return value.cleaned("log_injection") if escaped else value
            case ast.Subscript():
                base = self._value(node.value, scope)
                self._value(node.slice, scope)
                return base if base.origins else NOTHING
            case ast.Compare() | ast.BoolOp() if isinstance(node, ast.Compare):
                self._children(node, scope)
                return NOTHING
            case ast.BinOp():
                return self._operation(node, scope)
            case ast.IfExp():
                return self._choice(node, scope)
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                return self._comprehension(node, scope)
            case ast.Dict():
                return joined(self._value(value, scope) for value in node.values)
            case ast.NamedExpr():
                named = self._value(node.value, scope)
                self._bind(node.target, named, scope, ast.Pass(lineno=node.lineno))
                return named
            case _:
                return joined(self._children(node, scope))

    def _children(self, node: ast.expr, scope: Scope) -> list[Value]:
        return [
            self._value(child, scope)
            for child in ast.iter_child_nodes(node)
            if isinstance(child, ast.expr)
        ]

    def _operation(self, node: ast.BinOp, scope: Scope) -> Value:
        left, right = self._value(node.left, scope), self._value(node.right, scope)
        repeats = isinstance(node.op, ast.Mult) and isinstance(node.left, ast.Constant)
        if repeats and isinstance(getattr(node.left, "value", None), str | bytes):
            sink = Sink("resource_exhaustion", node.right, "the length of a text")
            self._arrive(sink, right, scope, node)
        bounded = isinstance(node.op, ast.Mod) and isinstance(node.right, ast.Constant)
        return joined([left, right]).cleaned(*(["resource_exhaustion"] if bounded else []))

    def _choice(self, node: ast.IfExp, scope: Scope) -> Value:
        self._value(node.test, scope)
        kinds = guards.kinds_guarded(node.test)
        before = dict(self._guarded)
        self._guard(self._origins_in(node.test, scope), kinds)
        values = [self._value(node.body, scope), self._value(node.orelse, scope)]
        self._guarded = before
        return joined(value.cleaned(*kinds) for value in values)

    def _comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp, scope: Scope
    ) -> Value:
        for generator in node.generators:
            value = self._value(generator.iter, scope)
            for test in generator.ifs:
                value = value.cleaned(*guards.kinds_guarded(test))
            self._bind(generator.target, value, scope, ast.Pass(lineno=node.lineno))
        if isinstance(node, ast.DictComp):
            return joined([self._value(node.key, scope), self._value(node.value, scope)])
        return self._value(node.elt, scope)

    def _name(self, node: ast.expr, scope: Scope) -> Value:
        text = ast.unparse(node)
        if text in scope.names:
            return self._with_guards(scope.names[text])
        if isinstance(node, ast.Attribute):
            base = self._name(node.value, scope)
            if not base.origins and isinstance(node.value, ast.Call | ast.Await | ast.Subscript):
                base = self._value(node.value, scope)
            if node.attr in ("name", "stem") and base.origins and "path" in text.lower():
                return base.cleaned("path_traversal", "zip_slip")
            return self._request_part(node, base)
        return NOTHING

    def _request_part(self, node: ast.Attribute, base: Value) -> Value:
        if node.attr in ("state", "app", "scope", "client") and base.origins == {"request"}:
            return NOTHING
        if node.attr in ("size", "file_size", "content_type", "status_code"):
            return base.loose
        return base

    def _with_guards(self, value: Value) -> Value:
        sets = [self._guarded.get(origin, frozenset()) for origin in value.origins]
        return value.cleaned(*frozenset.intersection(*sets)) if sets else value

    # --- calls

    def _call(self, node: ast.Call, scope: Scope) -> Value:
        file = scope.definition.file
        name = dotted(node.func, file)
        for sink in sinks_of(node, file):
            self._arrive(sink, self._sink_value(sink, scope), scope, node)
        values = [self._value(arg, scope) for arg in node.args]
        named = {word.arg: self._value(word.value, scope) for word in node.keywords}
        found = self._project.find(name, file)
        if found is not None and found.node is not scope.definition.node:
            return self._enter(found, node, values, named)
        return self._result(node, name, [*values, *named.values()], scope)

    def _sink_value(self, sink: Sink, scope: Scope) -> Value:
        if isinstance(sink.value, ast.Call) and sink.kind == "command_injection":
            return joined(self._value(part, scope) for part in sink.value.args)
        return self._value(sink.value, scope)

    def _result(  # noqa: PLR0911 - a table
        self, node: ast.Call, name: str, values: list[Value], scope: Scope
    ) -> Value:
        method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        base = (
            self._value(node.func.value, scope) if isinstance(node.func, ast.Attribute) else NOTHING
        )
        arguments = joined(values)
        last = name.rpartition(".")[2]
        if name in NUMBERS or last in ("UUID", "fromisoformat"):
            return joined([base, arguments]).cleaned("*")
        if kinds := CLEANERS.get(name) or CLEANERS.get(last):
            return joined([base, arguments]).cleaned(*kinds)
        if any(name == part or name.startswith(f"{part}.") for part in OPAQUE):
            return arguments.cleaned("*").loose
        if last in ("ZipFile", "TarFile") or name == "tarfile.open":
            whole = joined([base, arguments])
            return Value(whole.origins, whole.clean, whole.raw, archive=bool(whole.origins))
        if method in TEXT_METHODS:
            return self._text(node, method, base, arguments)
        if base.origins:
            return joined([base, arguments.loose])
        if method in ("get", "pop", "setdefault"):
            return joined(values[1:])  # a table of ours that is asked by an input
        made_of_text = last in (
            "Path",
            "PurePath",
            "str",
            "urljoin",
            "urlparse",
            "urlsplit",
            "open",
        )
        made_of_text |= last in ("BytesIO", "StringIO", "loads", "unquote", "dict", "list", "join")
        made_of_text |= last in ("Query", "Template", "fromstring", "Markup")
        return arguments if made_of_text else arguments.loose

    def _text(self, node: ast.Call, method: str, base: Value, arguments: Value) -> Value:
        whole = joined([base, arguments])
        if method != "replace" or not node.args:
            return whole
        removed = node.args[0].value if isinstance(node.args[0], ast.Constant) else None
        if removed in ("\n", "\r", "\r\n"):
            return whole.cleaned("log_injection", "header_injection")
        if removed == "<":
            return whole.cleaned("xss")
        if removed == "'":
            return whole.cleaned("sql_injection")
        return whole.cleaned("path_traversal") if removed in ("/", "\\") else whole

    def _enter(
        self, found: Definition, node: ast.Call, values: list[Value], named: dict[str | None, Value]
    ) -> Value:
        if self._depth >= MAX_DEPTH:
            return joined([*values, *named.values()]).loose
        parameters = [arg.arg for arg in found.node.args.posonlyargs + found.node.args.args]
        if parameters[:1] in (["self"], ["cls"]) and isinstance(node.func, ast.Attribute):
            parameters = parameters[1:]
        scope = Scope(found, dict(zip(parameters, values, strict=False)))
        scope.names |= {name: value for name, value in named.items() if name}
        self._depth += 1
        self._block(found.node.body, scope)
        self._depth -= 1
        return joined(self._with_guards(value) for value in scope.returned)

    def _arrive(self, sink: Sink, value: Value, scope: Scope, node: ast.AST) -> None:
        """Note a hit unless the value is harmless there."""
        value = self._with_guards(value)
        kind = sink.kind
        if kind == "path_traversal" and value.archive:
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(".open"):
                return  # a member that is read from the archive
            kind = "zip_slip"
        if kind == "xxe" and "resolve_entities=False" in ast.unparse(scope.definition.node):
            return
        harmless = kind in value.clean or ("*" in value.clean and kind != "resource_exhaustion")
        if not value.origins or harmless or (sink.raw_only and not value.raw):
            return
        found = Sink(kind, sink.value, sink.what, sink.raw_only)
        line = getattr(node, "lineno", 0)
        self.hits.append(Hit(found, scope.definition.file, line, value.origins, self._route))


def _only_assigns(body: list[ast.stmt]) -> bool:
    return all(isinstance(statement, ast.Assign) for statement in body)


def _raising_guards(statement: ast.stmt) -> frozenset[str]:
    text = ast.unparse(statement)
    found: frozenset[str] = frozenset()
    if ".relative_to(" in text or ".index(" in text:
        found |= guards.PATHS
    return found | (guards.EVERYTHING if "int(" in text or "UUID(" in text else frozenset())
