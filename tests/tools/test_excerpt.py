import pytest

from tools.excerpt import count_of, cut_line, cut_middle, number_lines


def test_short_text_is_not_cut() -> None:
    assert cut_middle("a\nb", 3) == "a\nb"


def test_cut_middle_keeps_head_and_tail_whole_lines_and_counts_the_rest() -> None:
    lines = [f"line {number:03}" for number in range(200)]
    text = cut_middle("\n".join(lines), 200, "filter it")
    head, note, tail = text.partition("\n[... ")[0], text.split("\n")[11], text.split("...]\n")[1]
    assert head.split("\n") == lines[:11]
    assert tail.split("\n") == lines[-11:]
    assert note == "[... 1603 characters left out: filter it ...]"


def test_cut_middle_of_one_long_line() -> None:
    text = cut_middle("x" * 1000, 100)
    assert text.startswith("x" * 50 + "\n[... 900 characters")
    assert text.endswith("...]\n" + "x" * 50)


def test_cut_line() -> None:
    assert cut_line("abc", 3) == "abc"
    assert cut_line("abcdef", 3) == "abc... (6 characters)"


def test_number_lines_aligns_numbers() -> None:
    assert number_lines(["a", "b"], 9) == " 9  a\n10  b"


@pytest.mark.parametrize(("number", "text"), [(0, "0 files"), (1, "1 file"), (2, "2 files")])
def test_count_of(number: int, text: str) -> None:
    assert count_of(number, "file") == text
