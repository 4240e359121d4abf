"""How hard the property tests try, and texts that are almost right."""

import os

from hypothesis import strategies as st

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "200"))
"""Per test; `make fuzz-intake` sets more."""
_JUNK = st.one_of(
    st.text(max_size=4),
    st.sampled_from(["{", "}", "[", "]", "(", ")", '"', "'", "`", "\n", ":", ",", "-", "*", "&a"]),
)


@st.composite
def changed(draw: st.DrawFn, text: str) -> str:
    """The text with a few pieces cut out, doubled or replaced by junk."""
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 12)))
        piece = draw(st.one_of(st.just(""), _JUNK, st.just(text[start:end] * 2)))
        text = text[:start] + piece + text[end:]
    return text
