"""The calls in which input does harm, and which of their arguments matter."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from tools.checks.security.source.project import SourceFile, argument, dotted, literal

HTTP_LIBRARIES = ("httpx", "httpx2", "requests", "aiohttp", "urllib3", "niquests")
HTTP_METHODS = frozenset(
    {"get", "post", "put", "patch", "delete", "head", "request", "stream", "send"}
)
SQL_METHODS = frozenset(
    [
        "execute",
        "executemany",
        "executescript",
        "fetch",
        "fetchrow",
        "fetchval",
        "fetch_all",
        "fetch_one",
        "exec_driver_sql",
        "scalar",
        "scalars",
        "read_sql",
    ]
)
XML_PARSERS = re.compile(
    r"(ElementTree|ET|etree|minidom|pulldom|sax|lxml\.\w+)\.(fromstring|parse|parseString|XML|iterparse)$"
)
UNPICKLERS = frozenset(
    [
        "pickle.loads",
        "pickle.load",
        "marshal.loads",
        "marshal.load",
        "dill.loads",
        "jsonpickle.decode",
        "yaml.unsafe_load",
        "yaml.full_load",
        "cloudpickle.loads",
        "pickle.Unpickler",
        "shelve.open",
    ]
)
FILE_CALLS: dict[str, tuple[int, ...]] = {
    "open": (0,),
    "io.open": (0,),
    "os.open": (0,),
    "aiofiles.open": (0,),
    "os.remove": (0,),
    "os.unlink": (0,),
    "os.listdir": (0,),
    "os.scandir": (0,),
    "os.makedirs": (0,),
    "os.rename": (0, 1),
    "os.replace": (0, 1),
    "shutil.rmtree": (0,),
    "shutil.copy": (0, 1),
    "shutil.copyfile": (0, 1),
    "shutil.move": (0, 1),
    "fastapi.responses.FileResponse": (0,),
    "starlette.responses.FileResponse": (0,),
}
FILE_METHODS = frozenset(
    [
        "read_text",
        "read_bytes",
        "write_text",
        "write_bytes",
        "open",
        "unlink",
        "iterdir",
        "rglob",
        "glob",
    ]
)
SIZES: dict[str, tuple[int, ...]] = {
    "range": (0, 1),
    "bytes": (0,),
    "bytearray": (0,),
    "os.urandom": (0,),
    "secrets.token_bytes": (0,),
    "secrets.token_hex": (0,),
    "secrets.token_urlsafe": (0,),
    "time.sleep": (0,),
    "asyncio.sleep": (0,),
    "math.factorial": (0,),
    "itertools.repeat": (1,),
}
REGEX_CALLS = frozenset(
    {"compile", "match", "search", "fullmatch", "findall", "finditer", "sub", "split"}
)


@dataclass(frozen=True)
class Sink:
    """One dangerous use: the expression that must not be input, and what it would be."""

    kind: str
    value: ast.expr
    what: str
    """How the sentence goes on: input "reaches" ..."""
    raw_only: bool = False
    """Only when the text of the input itself arrives there."""


def sinks_of(call: ast.Call, file: SourceFile) -> Iterator[Sink]:
    """The dangers of a call."""
    name = dotted(call.func, file)
    method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    base = call.func.value if isinstance(call.func, ast.Attribute) else None
    for find in (_sql, _process, _code, _files, _network, _pages, _parsers, _sizes):
        yield from find(call, name, method, base)


def _first(call: ast.Call, *names: str) -> Iterator[ast.expr]:
    found = argument(call, 0, *names)
    if found is not None:
        yield found


def _sql(call: ast.Call, name: str, method: str, base: ast.expr | None) -> Iterator[Sink]:  # noqa: ARG001
    if method in SQL_METHODS or name in ("sqlalchemy.text", "sqlalchemy.sql.text", "text"):
        for value in _first(call, "sql", "statement", "query", "text"):
            yield Sink("sql_injection", value, "a SQL statement", raw_only=True)
    if name in ("sqlalchemy.literal_column", "sqlalchemy.column"):
        for value in _first(call):
            yield Sink("sql_injection", value, "a SQL statement", raw_only=True)


def _process(call: ast.Call, name: str, method: str, base: ast.expr | None) -> Iterator[Sink]:  # noqa: ARG001
    shells = ("os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput")
    if name in shells or name.endswith("create_subprocess_shell"):
        for value in _first(call, "cmd", "command"):
            yield Sink("command_injection", value, "a shell")
    elif name.startswith("subprocess.") or name.endswith("create_subprocess_exec"):
        words = argument(call, 0, "args")
        shell = literal(argument(call, 99, "shell"))
        if words is not None and (shell or _is_shell_list(words) or _is_shell_list(call)):
            yield Sink("command_injection", words if shell else call, "a shell")


def _is_shell_list(node: ast.expr) -> bool:
    parts = node.args if isinstance(node, ast.Call) else getattr(node, "elts", [])
    words = [part.value for part in parts[:2] if isinstance(part, ast.Constant)]
    return len(words) == 2 and str(words[0]).endswith("sh") and str(words[1]).endswith("c")


def _code(call: ast.Call, name: str, method: str, base: ast.expr | None) -> Iterator[Sink]:
    if name in ("eval", "exec", "compile", "__import__", "importlib.import_module"):
        for value in _first(call):
            yield Sink("code_injection", value, f"{name}()")
    templates = ("Template", "from_string", "render_template_string")
    if name.rpartition(".")[2] in templates and not name.startswith("string."):
        for value in _first(call, "source", "text"):
            yield Sink("template_injection", value, "the text of a template", raw_only=True)
    if method in ("format", "format_map") and base is not None:
        yield Sink("template_injection", base, "a format string", raw_only=True)


def _files(call: ast.Call, name: str, method: str, base: ast.expr | None) -> Iterator[Sink]:
    positions = FILE_CALLS.get(name, (0,) if name.endswith("FileResponse") else ())
    for position in positions:
        names = ("path", "file", "filename") if position == 0 else ("dst",)
        if (value := argument(call, position, *(n for n in names if n != "filename"))) is not None:
            yield Sink("path_traversal", value, "the path of a file")
    if method in FILE_METHODS and base is not None and name not in FILE_CALLS:
        yield Sink("path_traversal", base, "the path of a file")
    if method == "extractall" and base is not None:
        yield Sink("zip_bomb", base, "extractall()")
        trusted = literal(argument(call, 99, "filter")) in ("data", "tar")
        if not trusted and "tar" in ast.unparse(base).lower():
            yield Sink("zip_slip", base, "extractall() of a tar archive")


def _network(call: ast.Call, name: str, method: str, base: ast.expr | None) -> Iterator[Sink]:
    root = name.partition(".")[0]
    if name in ("urllib.request.urlopen", "urllib.request.Request", "urllib.request.urlretrieve"):
        for value in _first(call, "url"):
            yield Sink("ssrf", value, "a request of the server's own", raw_only=True)
    elif method in HTTP_METHODS and base is not None and _is_http(root, base):
        position = 1 if method in ("request", "stream") else 0
        address = argument(call, position, "url")
        if address is not None:
            yield Sink("ssrf", address, "a request of the server's own", raw_only=True)
    elif name in (
        "socket.create_connection",
        "asyncio.open_connection",
        "http.client.HTTPConnection",
    ):
        for value in _first(call, "host"):
            yield Sink("ssrf", value, "a connection of the server's own", raw_only=True)


def _is_http(root: str, base: ast.expr) -> bool:
    text = ast.unparse(base).lower()
    return root in HTTP_LIBRARIES or any(word in text for word in ("client", "http", "requests"))


def _pages(call: ast.Call, name: str, method: str, base: ast.expr | None) -> Iterator[Sink]:  # noqa: ARG001
    last = name.rpartition(".")[2]
    if last == "HTMLResponse" or (last == "Response" and _is_html(call)):
        for value in _first(call, "content"):
            yield Sink("xss", value, "an HTML page", raw_only=True)
    if last == "RedirectResponse":
        for value in _first(call, "url"):
            yield Sink("open_redirect", value, "the target of a redirect", raw_only=True)


def _is_html(call: ast.Call) -> bool:
    media = literal(argument(call, 3, "media_type"))
    return isinstance(media, str) and ("html" in media or "svg" in media)


def _parsers(call: ast.Call, name: str, method: str, base: ast.expr | None) -> Iterator[Sink]:  # noqa: ARG001
    if XML_PARSERS.search(name) and "defused" not in name:
        for value in _first(call, "text", "source", "string"):
            yield Sink("xxe", value, f"{name}()")
    safe_loader = "Safe" in ast.unparse(call)
    if name in UNPICKLERS or (name == "yaml.load" and not safe_loader):
        for value in _first(call):
            yield Sink("deserialization", value, f"{name}()")
    if name.startswith("re.") and method in REGEX_CALLS:
        for value in _first(call, "pattern"):
            yield Sink("redos", value, "a regular expression", raw_only=True)


def _sizes(call: ast.Call, name: str, method: str, base: ast.expr | None) -> Iterator[Sink]:  # noqa: ARG001
    for position in SIZES.get(name, ()):
        if (value := argument(call, position)) is not None:
            yield Sink("resource_exhaustion", value, f"the size in {name}()")
    if name == "hashlib.pbkdf2_hmac" and (value := argument(call, 3, "iterations")) is not None:
        yield Sink("resource_exhaustion", value, "the number of iterations")
