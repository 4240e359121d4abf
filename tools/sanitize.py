"""Makes text from files and sandboxes safe to show: terminals and models read what is there.

Escape sequences can clear a screen, fill a clipboard or hide text; bidirectional and zero-width
characters make text look like something else.
"""

import re

ESCAPE_SEQUENCE = re.compile(
    r"""
      \x1b [P\]X^_] [^\x1b\x07]* (?: \x07 | \x1b\\ )?   # OSC, DCS, SOS, PM, APC up to their end
    | (?: \x1b\[ | \x9b ) [0-?]* [\ -/]* [@-~]?         # CSI: colors, cursor, erase
    | \x1b [\ -/]* [0-~]?                               # two-character sequences
    """,
    re.VERBOSE,
)
LINE_END = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
"""C0 (but tab and line feed), DEL, C1, bidirectional controls, zero-width and tag characters."""


def clean_text(text: str) -> str:
    """The text without escape sequences and invisible characters; every line end is `\\n`."""
    return INVISIBLE.sub("", LINE_END.sub("\n", ESCAPE_SEQUENCE.sub("", text)))


def reveal_text(text: str) -> str:
    """The text with invisible characters spelled out (`<U+202E>`), so that nothing hides."""
    return INVISIBLE.sub(lambda match: f"<U+{ord(match[0]):04X}>", text)
