import pytest

from tools.base import ToolContext, ToolError
from tools.edit_file import EditFileArgs, edit_file

SOURCE = """\
def price(order):
    total = 0
    for item in order.items:
        total += item.price
    return total


def count(order):
    total = 0
    for item in order.items:
        total += 1
    return total
"""


def edit(ctx: ToolContext, old: str, new: str, source: str = SOURCE, path: str = "a.py") -> str:
    ctx.workspace.write(path, source.encode())
    return edit_file(ctx, EditFileArgs(path=path, old_text=old, new_text=new)).text


def problem(ctx: ToolContext, old: str, new: str, source: str = SOURCE) -> str:
    with pytest.raises(ToolError) as caught:
        edit(ctx, old, new, source)
    assert ctx.workspace.read("a.py") == source.encode()
    return str(caught.value)


def test_edit_replaces_one_passage_and_shows_it(ctx: ToolContext) -> None:
    assert edit(ctx, "        total += 1\n", "        total += item.quantity\n") == (
        "edited a.py:\n"
        " 9      total = 0\n"
        "10      for item in order.items:\n"
        "11          total += item.quantity\n"
        "12      return total\n"
        "13  "
    )
    assert ctx.workspace.read("a.py").decode() == SOURCE.replace("+= 1", "+= item.quantity")


def test_edit_shows_only_the_ends_of_a_long_change(ctx: ToolContext) -> None:
    said = edit(
        ctx, "    total = 0\n    for item in order.items:\n        total += 1\n", "    x\n" * 30
    )
    assert said.count("\n") == 11
    assert "\n...\n" in said


def test_edit_may_delete(ctx: ToolContext) -> None:
    edit(ctx, "    total = 0\n    for", "    for", SOURCE.partition("\n\n\n")[0])
    assert ctx.workspace.read("a.py").startswith(b"def price(order):\n    for item")


def test_several_matches_are_named_by_line(ctx: ToolContext) -> None:
    assert problem(ctx, "    return total\n", "    return 1\n") == (
        "old_text occurs 2 times in a.py, at lines 5, 12: add the lines around the one you mean. "
        "Nothing was written."
    )


def test_many_matches_are_not_all_named(ctx: ToolContext) -> None:
    assert "occurs 12 times in a.py, at lines 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, ...: add" in problem(
        ctx, "x", "y", "x\n" * 12
    )


def test_overlapping_matches_are_several(ctx: ToolContext) -> None:
    assert "at lines 1, 2" in problem(ctx, "x = 1\nx", "y", "x = 1\nx = 1\nx = 1\n")


def test_did_you_mean_names_the_nearest_lines(ctx: ToolContext) -> None:
    old = "    for item in order.items():\n        total += item.price\n"
    assert problem(ctx, old, "    pass\n") == (
        "old_text is not in a.py. Did you mean these lines?\n"
        "3      for item in order.items:\n"
        "4          total += item.price\n"
        "Nothing was written."
    )


def test_did_you_mean_recognizes_a_difference_in_white_space(ctx: ToolContext) -> None:
    said = problem(ctx, "for item in order.items:\n    total += 1\n", "pass\n")
    assert said == (
        "old_text is not in a.py. It differs only in white space. Did you mean these lines?\n"
        "10      for item in order.items:\n"
        "11          total += 1\n"
        "Nothing was written."
    )


def test_nothing_alike(ctx: ToolContext) -> None:
    said = problem(ctx, "class Completely:\n    '''Different'''\n", "pass")
    assert said.startswith("old_text is not in a.py, nor anything like it")


def test_an_edit_made_twice_says_so(ctx: ToolContext) -> None:
    source = SOURCE.replace("+= 1", "+= 2")
    assert edit(ctx, "        total += 1\n", "        total += 2\n", source) == (
        "already applied: new_text is at line 11 of a.py and old_text is not in it. "
        "Nothing was written."
    )


def test_the_same_text_is_no_edit(ctx: ToolContext) -> None:
    assert problem(ctx, "total", "total") == "old_text and new_text are the same; nothing to do"


@pytest.mark.parametrize("old", ["one\ntwo", "one\r\ntwo"])
def test_crlf_is_kept(ctx: ToolContext, old: str) -> None:
    said = edit(ctx, old, "1\n2", "zero\r\none\r\ntwo\r\n", "a.txt")
    assert ctx.workspace.read("a.txt") == b"zero\r\n1\r\n2\r\n"
    assert "\r" not in said


def test_mixed_line_ends_stay_mixed(ctx: ToolContext) -> None:
    edit(ctx, "b\nc", "x\ny", "a\r\nb\nc\r\n", "a.txt")
    assert ctx.workspace.read("a.txt") == b"a\r\nx\ny\r\n"


def test_a_syntax_error_is_refused(ctx: ToolContext) -> None:
    assert problem(ctx, "        total += 1\n", "        total += (1\n").startswith(
        "this edit makes a syntax error, nothing was written:\na.py:11:18: '(' was never closed"
    )


def test_a_broken_file_may_be_mended_step_by_step(ctx: ToolContext) -> None:
    said = edit(ctx, "x = (\n", "x = 1\n", "x = (\ny = )\n")
    assert "still has one: a.py:2:5: unmatched ')'" in said
    assert ctx.workspace.read("a.py") == b"x = 1\ny = )\n"


def test_only_python_is_parsed(ctx: ToolContext) -> None:
    edit(ctx, "a", "def (", "a", "notes.md")
    assert ctx.workspace.read("notes.md") == b"def ("


def test_files_of_the_harness_are_refused(ctx: ToolContext) -> None:
    with pytest.raises(ToolError, match="belongs to the harness"):
        edit_file(ctx, EditFileArgs(path="blueprint.json", old_text="library", new_text="x"))
