import time

import pytest

from tools.nearest import Passage, nearest_passage

TEXT = "def a():\n    x = 1\n    return x\n\ndef b():\n    y = compute(2)\n    return y\n"


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("def b():\n    y = compute(3)", Passage(5, ("def b():", "    y = compute(2)"), False)),
        ("y = compute( 2 )", Passage(6, ("    y = compute(2)",), True)),
        ("y = compte(2)", Passage(6, ("    y = compute(2)",), False)),
        ("return x\n", Passage(3, ("    return x",), True)),
        ("\n\ndef b():\n", Passage(5, ("def b():",), True)),
        ("class Nothing: pass", None),
        ("", None),
    ],
)
def test_nearest_passage(wanted: str, found: Passage | None) -> None:
    assert nearest_passage(TEXT, wanted) == found


def test_a_passage_longer_than_the_file() -> None:
    assert nearest_passage("a = 1\nb = 2", "a = 1\nb = 3\nc = 4\nd = 5") == Passage(
        1, ("a = 1", "b = 2"), False
    )


def test_long_files_take_little_time() -> None:
    lines = [f"    value_{number % 700} = make({number})" for number in range(20_000)]
    wanted = "\n".join(lines[9_000:9_100]).replace("make", "take")
    before = time.process_time()
    assert nearest_passage("\n".join(lines), wanted) is not None
    assert time.process_time() - before < 3
