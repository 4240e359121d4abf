"""Leaves out the fixtures that a generated test asks for and does not use."""

import re

_TEST = re.compile(
    r"^(?P<head>async def test_\w+\()(?P<parameters>.*)(?P<tail>\) -> None:\n)"
    r"(?P<body>(?:    .*\n|\n)+)",
    re.MULTILINE,
)


def drop_unused_fixtures(source: str) -> str:
    """`source` with every test's parameters reduced to those that its body names."""
    return _TEST.sub(_reduce, source)


def _reduce(test: re.Match[str]) -> str:
    parameters = [text.strip() for text in test["parameters"].split(",") if text.strip()]
    used = [text for text in parameters if _names(text.split(":")[0], test["body"])]
    return f"{test['head']}{', '.join(used)}{test['tail']}{test['body']}"


def _names(name: str, body: str) -> bool:
    return re.search(rf"\b{re.escape(name)}\b", body) is not None
