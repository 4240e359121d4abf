"""Passwords hashed too fast or not at all, broken ciphers, and secrets made by `random`."""

import ast
import re
from collections.abc import Iterator

from tools.checks.security.finding import Finding
from tools.checks.security.source.project import Definition, Project, SourceFile, dotted, literal
from tools.checks.security.source.rules.base import found

FAST = re.compile(r"^(hashlib\.(md5|sha1|sha224|sha256|sha384|sha512|sha3_\d+|blake2[bs]|new))$")
SLOW = ("scrypt", "pbkdf2", "bcrypt", "argon2", "hasher.", "pwdlib", "PasswordHash")
PASSWORD = re.compile(r"passw|passphrase|pwd|\bpw\b|pin_code", re.IGNORECASE)
TOKEN = re.compile(
    r"token|secret|session|sid$|otp|reset|code|api_?key|password|passwd|nonce|invite|csrf",
    re.IGNORECASE,
)
RANDOM = re.compile(
    r"^random\.(random|randint|choice|choices|sample|randrange|getrandbits|randbytes|Random\(\)\.\w+)$"
)


def fast_password_hashes(project: Project) -> Iterator[Finding]:
    """hashlib's fast functions on something called a password."""
    for definition in project.definitions():
        for call in _calls(definition):
            name = dotted(call.func, definition.file)
            if not FAST.match(name) or not call.args:
                continue
            hashed = " ".join(ast.unparse(arg) for arg in call.args)
            if _feeds_slow_hash(definition, call):
                continue
            if PASSWORD.search(hashed) or PASSWORD.search(definition.node.name):
                why = f"{name}() is too fast for passwords"
                yield found("password_storage", definition.file, call, why)


def _feeds_slow_hash(definition: Definition, call: ast.Call) -> bool:
    """Whether the fast hash only shortens what a slow one of the same file then hashes."""
    if ast.unparse(call.func).endswith("md5"):
        return False
    text = ast.unparse(definition.file.tree)
    return any(word in text for word in SLOW)


def weak_iterations(project: Project) -> Iterator[Finding]:
    """PBKDF2 with few rounds or a constant salt, bcrypt with a low cost."""
    for file, call, name in project.calls():
        if name == "hashlib.pbkdf2_hmac" and len(call.args) >= 4:
            rounds = literal(_resolved(call.args[3], file))
            if isinstance(rounds, int) and rounds < 10_000:
                yield found("password_storage", file, call, f"only {rounds} rounds of PBKDF2")
            if isinstance(literal(_resolved(call.args[2], file)), bytes):
                yield found("password_storage", file, call, "the same salt for every password")


def _resolved(node: ast.expr, file: SourceFile) -> ast.expr:
    return file.constants.get(node.id, node) if isinstance(node, ast.Name) else node


def predictable_tokens(project: Project) -> Iterator[Finding]:
    """`random` where the result is named, or used, as a secret."""
    for definition in project.definitions():
        names = {definition.node.name}
        generators = _generators(definition)
        for node in ast.walk(definition.node):
            if isinstance(node, ast.Assign):
                here = {ast.unparse(target) for target in node.targets}
                yield from _random_in(definition, node.value, here, generators)
            elif isinstance(node, ast.Return) and node.value is not None:
                yield from _random_in(definition, node.value, names, generators)


def _generators(definition: Definition) -> set[str]:
    """Local names of generators: `rng = random.Random(seed)`."""
    return {
        target.id
        for node in ast.walk(definition.node)
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Call)
        and dotted(node.value.func, definition.file) == "random.Random"
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _random_in(
    definition: Definition, node: ast.expr, names: set[str], generators: set[str]
) -> Iterator[Finding]:
    if not any(TOKEN.search(name) for name in names):
        return
    for part in ast.walk(node):
        if isinstance(part, ast.Call):
            name = dotted(part.func, definition.file)
            drawn = RANDOM.match(name) or name == "uuid.uuid1" or name.split(".")[0] in generators
            if drawn:
                secret = sorted(name for name in names if TOKEN.search(name))[0]
                why = f"{secret} comes from {name}(), which can be predicted"
                yield found("weak_random", definition.file, part, why)
                return


def broken_ciphers(project: Project) -> Iterator[Finding]:
    """ECB, DES, RC4, and MD5 or SHA-1 in a signature."""
    for file, call, name in project.calls():
        last = name.rpartition(".")[2]
        if last in ("ECB", "ARC4", "TripleDES", "Blowfish") or ".DES." in name:
            yield found("weak_crypto", file, call, f"{last} does not protect data")
        if name == "hmac.new" and any("md5" in ast.unparse(arg) for arg in call.args[2:]):
            yield found("weak_crypto", file, call, "a signature by MD5")


def _calls(definition: Definition) -> Iterator[ast.Call]:
    for node in ast.walk(definition.node):
        if isinstance(node, ast.Call):
            yield node
