"""What a route's parameters can hold, by their annotations."""

import ast

from tools.checks.security.source.patterns import harmless_kinds
from tools.checks.security.source.project import Definition, Project, SourceFile, dotted, literal
from tools.checks.security.source.values import NOTHING, Value

NARROW = frozenset({"int", "float", "bool", "UUID", "date", "datetime", "Decimal", "Literal"})
NARROW |= {"EmailStr", "PositiveInt", "NonNegativeInt", "IPvAnyAddress", "UUID4", "timedelta"}
NOT_INPUT = frozenset(
    {"Response", "BackgroundTasks", "Session", "AsyncSession", "Connection", "WebSocket", "Cursor"}
)
MAX_LAYERS = 12
BOUNDS = frozenset({"le", "lt", "max_length", "multiple_of"})


def parameter_values(project: Project, definition: Definition) -> dict[str, Value]:
    """Parameter -> its value. A model's fields are `name.field`."""
    arguments = definition.node.args
    positional = arguments.posonlyargs + arguments.args
    padding: list[ast.expr | None] = [None] * (len(positional) - len(arguments.defaults))
    defaults = padding + list(arguments.defaults)
    pairs = list(zip(positional, defaults, strict=True))
    pairs += list(zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True))
    found: dict[str, Value] = {}
    for arg, default in pairs:
        if arg.arg in ("self", "cls") or _is_dependency(arg.annotation, default, definition):
            continue
        found |= _values(project, definition, arg.arg, arg.annotation, default)
    return found


def _is_dependency(
    annotation: ast.expr | None, default: ast.expr | None, definition: Definition
) -> bool:
    if annotation is None and default is None:
        return False
    texts = [ast.unparse(node) for node in (annotation, default) if node is not None]
    if isinstance(annotation, ast.Name):  # an alias: CurrentUser = Annotated[User, Depends(...)]
        alias = definition.file.constants.get(annotation.id)
        texts += [ast.unparse(alias)] if alias is not None else []
    return any(f"{name}(" in text for text in texts for name in ("Depends", "Security"))


def _values(
    project: Project,
    definition: Definition,
    name: str,
    annotation: ast.expr | None,
    default: ast.expr | None,
) -> dict[str, Value]:
    kind, marks = _unwrap(annotation, definition.file, project)
    marks = marks if default is None else [*marks, default]
    base = dotted(kind, definition.file).rpartition(".")[2] if kind is not None else ""
    if base in NOT_INPUT:
        return {}
    if base in project.classes and not _is_enum(project, base):
        return {name: Value(frozenset({name}), raw=True), **_fields(project, base, name)}
    return {name: _value(project, base, name, marks)}


def _fields(project: Project, model: str, name: str) -> dict[str, Value]:
    """The fields of a model, its bases' too."""
    found: dict[str, Value] = {}
    file, node = project.classes[model]
    for base in node.bases:
        base_name = dotted(base, file).rpartition(".")[2]
        if base_name in project.classes and base_name != model:
            found |= _fields(project, base_name, name)
    for part in node.body:
        if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name):
            kind, marks = _unwrap(part.annotation, file, project)
            marks = [*marks, part.value] if part.value is not None else marks
            base_name = dotted(kind, file).rpartition(".")[2] if kind is not None else ""
            key = f"{name}.{part.target.id}"
            value = _value(project, base_name, key, marks)
            if _has_validator(node, part.target.id):
                value = value.cleaned("*")
            found[key] = value
    return found


def _value(project: Project, base: str, key: str, marks: list[ast.expr]) -> Value:
    value = Value(frozenset({key}), raw=True)
    if base in NARROW or _is_enum(project, base):
        value = value.cleaned("*")
    given = {word.arg for mark in marks if isinstance(mark, ast.Call) for word in mark.keywords}
    for pattern in _patterns(marks):
        value = value.cleaned(*harmless_kinds(pattern))
    if given & BOUNDS:
        value = value.cleaned("resource_exhaustion")
    return NOTHING if base == "Literal" else value


def _has_validator(model: ast.ClassDef, field: str) -> bool:
    """Whether a method of the model is declared to validate the field."""
    return any(
        repr(field) in ast.unparse(decorator) and "validator" in ast.unparse(decorator)
        for part in model.body
        if isinstance(part, ast.FunctionDef)
        for decorator in part.decorator_list
    )


def _is_enum(project: Project, name: str) -> bool:
    if name not in project.classes:
        return False
    return any("Enum" in ast.unparse(base) for base in project.classes[name][1].bases)


def _patterns(marks: list[ast.expr]) -> list[str]:
    found = [
        literal(word.value)
        for mark in marks
        if isinstance(mark, ast.Call)
        for word in mark.keywords
        if word.arg in ("pattern", "regex")
    ]
    return [pattern for pattern in found if isinstance(pattern, str)]


def _alias(name: str, file: SourceFile, project: Project) -> ast.expr | None:
    """What a name for an annotation stands for, in this file or where it is imported from."""
    if name in file.constants:
        return file.constants[name]
    last = file.imports.get(name, "").rpartition(".")[2]
    return next((f.constants[last] for f in project.files if last in f.constants), None)


def _unwrap(
    annotation: ast.expr | None, file: SourceFile, project: Project
) -> tuple[ast.expr | None, list[ast.expr]]:
    """The type inside aliases, Annotated, Optional and `| None`, and the marks of Annotated."""
    marks: list[ast.expr] = []
    for _ in range(MAX_LAYERS):
        if annotation is None:
            break
        if isinstance(annotation, ast.Name) and (alias := _alias(annotation.id, file, project)):
            annotation = alias
            continue
        if isinstance(annotation, ast.BinOp) and isinstance(annotation.op, ast.BitOr):
            left_is_none = isinstance(annotation.left, ast.Constant)
            annotation = annotation.right if left_is_none else annotation.left
        elif isinstance(annotation, ast.Subscript):
            name = ast.unparse(annotation.value).rpartition(".")[2]
            inner = annotation.slice
            parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            if name == "Annotated":
                marks += parts[1:]
            elif name != "Optional":
                return annotation.value, marks
            annotation = parts[0]
        else:
            return annotation, marks
    return annotation, marks
