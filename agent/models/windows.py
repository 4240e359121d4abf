"""How many tokens a model can be sent, by model name."""

DEFAULT_WINDOW = 128_000
"""Tokens; what most models that take tools have at least (2026-11)."""
UNLIMITED_KINDS = frozenset({"builtin", "scripted", "replay"})
"""They read nobody's tokens."""
WINDOWS = (
    ("gpt-6", 272_000),
    ("gpt-5", 272_000),
    ("claude-", 200_000),
    ("gemini-", 200_000),
    ("gpt-4.1", 200_000),
    ("qwen2.5", 32_000),
    ("llama3", 32_000),
)
"""Prefix of the name -> tokens. Where a provider charges more for a long prompt, its threshold:
OpenAI's 272k, Google's and Anthropic's 200k (pricing pages, 2026-10); models read the first part of
a million tokens better than the rest. `context_window` of the settings corrects it."""


def window_of(model_name: str, setting: int | None) -> int | None:
    """Tokens that one request may have; None where there is no limit.

    Args:
        model_name: as the user wrote it, `openai:gpt-6.1-terra`.
        setting: the user's own word; it wins.
    """
    if setting is not None:
        return setting
    kind, _, rest = model_name.partition(":")
    if kind in UNLIMITED_KINDS:
        return None
    bare = rest.rpartition(":")[2] if kind == "langchain" else rest
    return next((size for prefix, size in WINDOWS if bare.startswith(prefix)), DEFAULT_WINDOW)
