"""What models can do, by name: how much they can be sent, and how they ask for tools."""

from dataclasses import dataclass
from typing import Literal

ToolMode = Literal["native", "json"]
"""native: the provider's tool calls. json: one action a reply, held to a JSON Schema."""

SHORT_BELOW = 16_000
"""Tokens; the full instructions and tools (6k) leave a smaller window no room for work."""


@dataclass(frozen=True)
class Profile:
    """One model's capabilities."""

    window: int | None
    """Tokens that one request may have; None is no limit."""
    tool_mode: ToolMode = "native"

    @property
    def prompt(self) -> Literal["full", "short"]:
        """Which instructions fit."""
        return "short" if self.window is not None and self.window < SHORT_BELOW else "full"


UNLIMITED_KINDS = frozenset({"builtin", "scripted", "replay"})
"""They read nobody's tokens."""
DEFAULT = Profile(128_000)
"""What most models that take tools have at least (2026-11)."""
TINY = Profile(8_000, "json")
"""Up to 3B parameters: 8 of 12 easy native calls, 11 of 12 in JSON (Qwen2.5-Coder-1.5B, 2026-11).
Its trained window is larger, but a CPU reads 60 tokens a second."""
PROFILES: tuple[tuple[str, Profile], ...] = (
    # Where a provider charges more for a long prompt, its threshold: OpenAI's 272k, Google's and
    # Anthropic's 200k (pricing pages, 2026-10). Models read the first part of a million better.
    ("gpt-6", Profile(272_000)),
    ("gpt-5", Profile(272_000)),
    ("gpt-4.1", Profile(200_000)),
    ("claude-", Profile(200_000)),
    ("gemini-", Profile(200_000)),
    ("qwen2.5-coder:0.5b", TINY),
    ("qwen2.5-coder:1.5b", TINY),
    ("qwen2.5-coder:3b", TINY),
    ("qwen2.5-coder-0.5b", TINY),
    ("qwen2.5-coder-1.5b", TINY),
    ("qwen2.5-coder-3b", TINY),
    ("smollm", TINY),
    ("gemma3:270m", TINY),
    ("gemma3:1b", TINY),
    ("llama3.2:1b", TINY),
    ("llama3.2:3b", TINY),
    ("qwen2.5", Profile(32_000)),
    ("llama3", Profile(32_000)),
    ("ollama:", Profile(32_000)),  # allocated as asked: more fills a workstation's memory
)
"""Beginning of a name, bare or with LangChain's provider -> profile; the first one that fits.
`context_window` and `tool_mode` of the settings correct it."""


def profile_of(
    model_name: str, window: int | None = None, tool_mode: ToolMode | None = None
) -> Profile:
    """A model's profile.

    Args:
        model_name: as the user wrote it, `openai:gpt-6.1-terra`, `langchain:ollama:llama3.2:3b`.
        window: the user's own word; it wins.
        tool_mode: the user's own word; it wins.
    """
    kind, _, rest = model_name.partition(":")
    if kind in UNLIMITED_KINDS:
        return Profile(window)
    bare = rest.partition(":")[2] if kind == "langchain" else rest
    names = (bare.lower(), rest.lower())
    known = next((found for prefix, found in PROFILES if _begins(names, prefix)), DEFAULT)
    return Profile(window or known.window, tool_mode or known.tool_mode)


def _begins(names: tuple[str, ...], prefix: str) -> bool:
    return any(name.startswith(prefix) for name in names)
