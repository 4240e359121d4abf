import unicodedata

import pytest

from tools.sanitize import clean_text, reveal_text


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("plain\ttext\n", "plain\ttext\n"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b[2J\x1b[Hcleared", "cleared"),
        ("\x1b]0;title\x07after", "after"),
        ("\x1b]8;;http://x.test\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b]52;c;c2VjcmV0\x07clip", "clip"),
        ("\x9b31mred", "red"),
        ("\x1bPdevice\x1b\\control", "control"),
        ("2 failed\r10 passed", "2 failed\n10 passed"),
        ("one\r\ntwo", "one\ntwo"),
        ("a\u2028b\x85c", "a\nb\nc"),
        ("abc\u202etxt.exe", "abctxt.exe"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("tag\U000e0041", "tag"),
        ("nul\x00bell\x07", "nulbell"),
        ("ends in escape \x1b", "ends in escape "),
        ("Grüße, 日本, 🙂", "Grüße, 日本, 🙂"),
    ],
)
def test_clean_text(raw: str, clean: str) -> None:
    assert clean_text(raw) == clean


def test_clean_text_leaves_no_control_or_format_character() -> None:
    everything = "".join(map(chr, range(0x3000)))
    left = {unicodedata.category(char) for char in clean_text(everything)}
    kept = {char for char in clean_text(everything) if unicodedata.category(char) == "Cc"}
    assert kept == {"\t", "\n"}
    assert "Cs" not in left


def test_reveal_text_spells_out_what_is_invisible() -> None:
    assert reveal_text("if user\u202e:\x1b") == "if user<U+202E>:<U+001B>"
