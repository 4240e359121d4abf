"""Long lines are broken as ruff leaves them."""

import pytest

from tools.components.layout import lay_out

LONG = "x" * 40


@pytest.mark.parametrize(
    ("line", "broken"),
    [
        (
            f"made = [await make({LONG}, {LONG}) for _ in range(12)]\n",
            f"made = [\n    await make({LONG}, {LONG})\n    for _ in range(12)\n]\n",
        ),
        (
            f"made = [await make({LONG}, {'y' * 20}) for _ in x]\n",
            f"made = [await make({LONG}, {'y' * 20}) for _ in x]\n",
        ),
        (
            f"made = [await make({LONG}, {'y' * 30}) for _ in x]\n",
            f"made = [\n    await make({LONG}, {'y' * 30}) for _ in x\n]\n",
        ),
        (f"call({LONG}, {LONG}, last)\n", f"call({LONG}, {LONG}, last)\n"),
        (
            f"call({LONG}, {LONG}, {LONG})\n",
            f"call(\n    {LONG},\n    {LONG},\n    {LONG},\n)\n",
        ),
        (
            f"def f(a: {LONG}, b: {LONG}) -> dict[str, {LONG}]:\n",
            f"def f(\n    a: {LONG},\n    b: {LONG},\n) -> dict[str, {LONG}]:\n",
        ),
        (
            f"    value: Mapped[str] = column({LONG}, {LONG})\n",
            f"    value: Mapped[str] = column(\n        {LONG},\n        {LONG},\n    )\n",
        ),
        (
            f'call("a, (b", {LONG}, {LONG}, {LONG})\n',
            f'call(\n    "a, (b",\n    {LONG},\n    {LONG},\n    {LONG},\n)\n',
        ),
        (
            f"Union[dict[{LONG}, {LONG}, {LONG}]]\n",
            f"Union[\n    dict[\n        {LONG},\n        {LONG},\n        {LONG},\n    ]\n]\n",
        ),
        (f"x = ({LONG} + {LONG} + {LONG}).y\n", f"x = (\n    {LONG} + {LONG} + {LONG}\n).y\n"),
        (f"x = ({LONG}{LONG}{LONG},)\n", f"x = (\n    {LONG}{LONG}{LONG},\n)\n"),
        (f"# {LONG * 3} (a, b)\n", f"# {LONG * 3} (a, b)\n"),
        (f'"""Text ({LONG}, {LONG}, {LONG})."""\n', f'"""Text ({LONG}, {LONG}, {LONG})."""\n'),
    ],
    ids=[
        "comprehension",
        "fitting comprehension",
        "indented comprehension",
        "fits",
        "call",
        "definition",
        "last bracket",
        "text",
        "nested",
        "one expression in brackets",
        "a tuple of one",
        "comment",
        "docstring",
    ],
)
def test_lay_out(line: str, broken: str) -> None:
    assert lay_out(line) == broken


def test_trailing_space_goes_and_one_line_feed_stays() -> None:
    assert lay_out("a = 1   \n\n\n") == "a = 1\n"
