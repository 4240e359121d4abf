from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.output import OUTPUT_CAP_MIB, OutputCapture


def capture(chunks: list[bytes], max_chars: int = 20) -> OutputCapture:
    output = OutputCapture(max_chars)
    for chunk in chunks:
        output.add(chunk)
    return output


def test_short_output_is_kept_whole() -> None:
    assert capture([b"ab", b"", b"cd"]).text() == ("abcd", False)
    assert capture([]).text() == ("", False)
    assert capture([b"x" * 20]).text() == ("x" * 20, False)


def test_long_output_loses_its_middle() -> None:
    text, truncated = capture([b"H" * 15, b"m" * 1000, b"T" * 15]).text()
    assert truncated
    assert text == ("HHHHHHHHHH\n[... the middle of 1,030 bytes was left out ...]\nTTTTTTTTTT")


def test_a_character_cut_by_a_chunk_is_whole() -> None:
    assert capture(["é".encode()[:1], "é".encode()[1:]]).text() == ("é", False)


def test_bytes_that_are_not_text_are_replaced() -> None:
    assert capture([b"a\xff\xfeb"]).text() == ("a\ufffd\ufffdb", False)


def test_memory_is_bounded_whatever_the_chunks() -> None:
    output = OutputCapture(1000)
    for _ in range(20_000):
        output.add(b"z")
    output.add(b"y" * 10**6)
    assert output.total_bytes == 1_020_000
    assert len(output._head) + output._tail_bytes < 20_000


def test_the_cap_is_noticed() -> None:
    output = OutputCapture(10)
    for _ in range(OUTPUT_CAP_MIB):
        output.add(bytes(2**20))
    assert not output.over_cap
    output.add(b"x")
    assert output.over_cap


@pytest.mark.parametrize("max_chars", [2, 3, 10, 64])
@given(text=st.text(max_size=200), cuts=st.lists(st.integers(0, 800), max_size=5))
def test_head_and_tail_are_true_whatever_the_chunks(
    max_chars: int, text: str, cuts: list[int]
) -> None:
    data = text.encode(errors="replace")
    bounds = [0, *sorted(cuts), len(data)]
    output = capture([data[a:b] for a, b in pairwise(bounds)], max_chars)
    kept, truncated = output.text()
    whole = data.decode()
    half = max_chars // 2
    assert truncated == (len(whole) > 2 * half)
    if not truncated:
        assert kept == whole
    else:
        assert kept.startswith(whole[:half] + "\n[...")
        assert kept.endswith("...]\n" + whole[-half:])
