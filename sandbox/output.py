"""What is kept of a command's output: its head and its tail, in bounded memory."""

from collections import deque

OUTPUT_CAP_MIB = 50
"""Raw output after which a command is stopped: nobody reads that much."""

BYTES_PER_CHAR = 4
"""The longest UTF-8 sequence."""


class OutputCapture:
    """Collects output as it streams in; keeps at most about `max_chars` of it."""

    def __init__(self, max_chars: int) -> None:
        self._half = max(1, max_chars // 2)
        self._room = (self._half + 1) * BYTES_PER_CHAR
        self._head = bytearray()
        self._tail: deque[bytes] = deque()
        self._tail_bytes = 0
        self.total_bytes = 0

    def add(self, chunk: bytes) -> None:
        """Take the next piece of output."""
        self.total_bytes += len(chunk)
        missing = self._room - len(self._head)
        self._head += chunk[:missing]
        rest = chunk[missing:][-self._room :]
        if not rest:
            return
        self._tail.append(rest)
        self._tail_bytes += len(rest)
        while self._tail_bytes - len(self._tail[0]) >= self._room:
            self._tail_bytes -= len(self._tail.popleft())

    @property
    def over_cap(self) -> bool:
        """Whether the command said more than any command should."""
        return self.total_bytes > OUTPUT_CAP_MIB * 2**20

    def text(self) -> tuple[str, bool]:
        """The output, decoded with replacement, and whether its middle was left out."""
        tail = b"".join(self._tail)
        if self.total_bytes == len(self._head) + len(tail):
            whole = (bytes(self._head) + tail).decode(errors="replace")
            if len(whole) <= 2 * self._half:
                return whole, False
            head_text = tail_text = whole
        else:
            head_text = self._head.decode(errors="replace")
            tail_text = tail.decode(errors="replace")
        gap = f"\n[... the middle of {self.total_bytes:,} bytes was left out ...]\n"
        return head_text[: self._half] + gap + tail_text[-self._half :], True
