"""What the source gives away that helps the probes: keys, logins, names of elements and files."""

import ast
import re
from collections.abc import Iterator, Sequence

from tools.checks.security.source.project import Project, SourceFile, argument, dotted, literal
from tools.checks.security.source.routes import Route

KEY = re.compile(r"^[A-Za-z0-9_.\-+/=]{6,80}$")
FILE_NAME = re.compile(r"^[\w-]+\.(json|txt|md|csv|xml|ya?ml|toml|png|html)$")
XML_CALLS = frozenset(
    {"find", "findall", "findtext", "iter", "iterfind", "getElementsByTagName", "get"}
)
MAX_SECRETS = 60


def secrets_in(project: Project) -> list[str]:
    """Texts in tables of the source that may be keys of clients."""
    found: list[str] = []
    for file in project.files:
        for value in file.constants.values():
            for node in ast.walk(value):
                if (
                    isinstance(node, ast.Constant)
                    and isinstance(node.value, str)
                    and KEY.match(node.value)
                ):
                    found.append(node.value)
    return list(dict.fromkeys(found))[:MAX_SECRETS]


def words_in(project: Project) -> list[str]:
    """Short texts in tables at the top of files: names of languages, designs, states."""
    found: list[str] = []
    for file in project.files:
        for value in file.constants.values():
            if isinstance(value, ast.Dict | ast.Set | ast.Tuple | ast.List | ast.Call):
                found += [
                    node.value
                    for node in ast.walk(value)
                    if isinstance(node, ast.Constant)
                    and isinstance(node.value, str)
                    and re.fullmatch(r"[\w .:-]{1,24}", node.value)
                ]
    return list(dict.fromkeys(found))[:30]


def header_values(project: Project) -> dict[str, str]:
    """Headers that must have a certain value: parameter name -> the text it is compared with."""
    found: dict[str, str] = {}
    for definition in project.definitions():
        names = {arg.arg for arg in definition.node.args.args + definition.node.args.kwonlyargs}
        for node in ast.walk(definition.node):
            if not isinstance(node, ast.Compare) or len(node.comparators) != 1:
                continue
            sides = [node.left, node.comparators[0]]
            texts = [side.value for side in sides if isinstance(side, ast.Constant)]
            for side in sides:
                name = ast.unparse(side).partition(".")[0]
                if name in names and texts and isinstance(texts[0], str) and texts[0]:
                    found.setdefault(name.replace("_", "-").lower(), texts[0])
    return found


def hosts_in(texts: Sequence[str]) -> list[str]:
    """Names of hosts in values of the environment or in the source."""
    found: list[str] = []
    for text in texts:
        found += re.findall(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}(?::\d+)?", text.lower())
    return list(dict.fromkeys(found))[:3]


def logins_in(project: Project) -> list[tuple[str, str]]:
    """Neighboring texts that may be a login and its password."""
    pairs: list[tuple[str, str]] = []
    for file in project.files:
        for node in ast.walk(file.tree):
            pairs += _dict_pairs(node)
            if isinstance(node, ast.Tuple | ast.Call | ast.List):
                parts = node.args if isinstance(node, ast.Call) else node.elts
                texts = [
                    p.value
                    for p in parts
                    if isinstance(p, ast.Constant) and isinstance(p.value, str)
                ]
                if 2 <= len(texts) <= 5 and all(
                    KEY.match(text) or "@" in text for text in texts[:2]
                ):
                    pairs.append((texts[0], texts[1]))
    return list(dict.fromkeys(pairs))[:40]


def _dict_pairs(node: ast.AST) -> Iterator[tuple[str, str]]:
    """`{"alice": "pw"}` and `{"alice": {"password": "pw"}}`."""
    if not isinstance(node, ast.Dict):
        return
    for key, value in zip(node.keys, node.values, strict=True):
        if not isinstance(key, ast.Constant) or not isinstance(key.value, str):
            continue
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield key.value, value.value
        for inner in ast.walk(value):
            if isinstance(inner, ast.Dict):
                content = literal(inner)
                if isinstance(content, dict):
                    for name, text in content.items():
                        if isinstance(text, str) and "pass" in str(name).lower():
                            yield key.value, text


def xml_names(project: Project) -> list[str]:
    """Names of elements that the source asks for; empty when it does not parse XML."""
    names: list[str] = []
    for file in project.files:
        if not re.search(r"xml|etree|expat|sax", " ".join(file.imports.values())):
            continue
        for node in ast.walk(file.tree):
            names += _element_names(node)
    return list(dict.fromkeys(names))[:20]


def _element_names(node: ast.AST) -> Iterator[str]:
    texts: list[ast.expr] = []
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in XML_CALLS
    ):
        texts = list(node.args[:1])
    elif isinstance(node, ast.Compare):
        texts = [node.left, *node.comparators]
    for text in texts:
        value = literal(text)
        if isinstance(value, str) and re.fullmatch(
            r"[./]*[A-Za-z_][\w.-]*(/[A-Za-z_][\w.-]*)*", value
        ):
            yield from (part for part in value.split("/") if part and part != ".")


def archive_names(project: Project) -> list[str]:
    """Names of files that the source mentions."""
    return list(
        dict.fromkeys(
            node.value
            for file in project.files
            for node in ast.walk(file.tree)
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and FILE_NAME.match(node.value)
        )
    )[:8]


def imports_any(project: Project, *names: str) -> bool:
    """Whether a module of that name is imported anywhere."""
    return any(
        origin.partition(".")[0] in names
        for file in project.files
        for origin in file.imports.values()
    )


def reads_of(routes: list[Route]) -> dict[str, dict[str, object]]:
    """What handlers take out of requests by themselves: `file:function` -> what."""
    return {
        f"/workspace/{route.handler.file.path}:{route.handler.node.name}": vars(route.reads)
        for route in routes
    }


def is_bounded(project: Project, function: str, name: str) -> bool:
    """Whether the source compares or cuts a number before it uses it."""
    for definition in project.functions.get(function, []):
        for node in ast.walk(definition.node):
            if _cuts(node, name):
                return True
            if isinstance(node, ast.Compare) and name in ast.unparse(node):
                return True
            if isinstance(node, ast.Call) and _passes_on(node, name, definition.file, project):
                return True
    return False


def _cuts(node: ast.AST, name: str) -> bool:
    """`min(limit, 100)`."""
    if not isinstance(node, ast.Call) or ast.unparse(node.func) not in ("min", "max"):
        return False
    return any(name in ast.unparse(part) for part in node.args)


def _passes_on(call: ast.Call, name: str, file: SourceFile, project: Project) -> bool:
    found = project.find(dotted(call.func, file), file)
    given = argument(call, 99, name) is not None or any(
        ast.unparse(arg) == name for arg in call.args
    )
    if found is None or not given:
        return False
    text = ast.unparse(found.node)
    return bool(re.search(r"\bmin\(|<=|>=| < | > ", text))
