"""Splits a schema language into words with their lines: what DBML and Prisma have in common."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(
    r"(?P<blank>\s+|//[^\n]*|/\*.*?\*/)"
    r"|(?P<text>'''.*?'''|'(?:\\.|[^'\\\n])*')"
    r'|(?P<quoted>"(?:\\.|[^"\\\n])*")'
    r"|(?P<expression>`[^`]*`)"
    r"|(?P<number>-?\d+(?:\.\d+)?)"
    r"|(?P<color>\#[0-9a-fA-F]{3,8}\b)"
    r"|(?P<word>[^\W\d]\w*)"
    r"|(?P<sign><>|@@|[^\s\w])",
    re.DOTALL,
)


@dataclass(frozen=True)
class Token:
    """A word of the language."""

    kind: str
    """`text` ('...'), `quoted` ("..."), `expression` (`...`), `number`, `color`, `word`, `sign`,
    `end`."""
    text: str
    """Without quotes."""
    line: int


class TokenError(ValueError):
    """The text is not in the language; `line` is where."""

    def __init__(self, line: int, reason: str) -> None:
        self.line = line
        super().__init__(reason)


class Tokens:
    """A cursor over the words of a text."""

    def __init__(self, text: str) -> None:
        """Raises TokenError for an unclosed quote or comment."""
        self._tokens = list(_split(text))
        self._at = 0

    @property
    def next(self) -> Token:
        """The word at the cursor; of kind `end` after the last one."""
        return self._tokens[self._at]

    def take(self) -> Token:
        """The word at the cursor, which moves on."""
        token = self.next
        self._at += token.kind != "end"
        return token

    def is_next(self, *words: str) -> bool:
        """Whether one of these words or signs, in lower case, is next; texts never are."""
        return self.next.kind in {"word", "sign"} and self.next.text.lower() in words

    def skip(self, *words: str) -> bool:
        """Take the next word if it is one of these; says whether it was."""
        found = self.is_next(*words)
        if found:
            self.take()
        return found

    def skip_pair(self, first: str, second: str) -> bool:
        """Take two signs if they are next, one after the other; says whether they were."""
        found = self.is_next(first) and self._tokens[self._at + 1].text == second
        self._at += 2 if found else 0
        return found

    def expect(self, sign: str) -> Token:
        """Take that word or sign. Raises TokenError when something else stands there."""
        if not self.is_next(sign):
            raise self.wrong(f"{sign!r}")
        return self.take()

    def name(self) -> str:
        """Take a name, quoted or not. Raises TokenError."""
        if self.next.kind not in {"word", "quoted"} or not self.next.text.strip():
            raise self.wrong("a name")
        return self.take().text

    def skip_block(self) -> None:
        """Take everything up to the end of the block that the next `{` opens."""
        while not self.is_next("{"):
            if self.take().kind == "end":
                raise self.wrong("'{'")
        depth = 0
        while True:
            depth += self.is_next("{") - self.is_next("}")
            if self.take().kind == "end":
                raise self.wrong("'}'")
            if depth == 0:
                return

    def wrong(self, expected: str) -> TokenError:
        """The error of standing where something else should."""
        found = repr(self.next.text) if self.next.kind != "end" else "the end"
        return TokenError(self.next.line, f"expected {expected} and found {found}")


def _split(text: str) -> Iterator[Token]:
    position, line = 0, 1
    while position < len(text):
        match = _TOKEN.match(text, position)
        assert match is not None, "a sign is any other character"
        kind, found = match.lastgroup or "sign", match[0]
        if kind == "sign" and found in "'\"`":
            raise TokenError(line, f"the quote {found} is never closed")
        if kind != "blank":
            yield Token(kind, _bare(kind, found), line)
        line += found.count("\n")
        position = match.end()
    yield Token("end", "", line)


def _bare(kind: str, text: str) -> str:
    if kind == "text" and text.startswith("'''") and len(text) >= 6:
        return text[3:-3].strip()
    if kind in {"text", "quoted"}:
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    return text[1:-1] if kind == "expression" else text
