"""What is known of models by their names."""

import pytest

from agent.models.profiles import Profile, ToolMode, profile_of


@pytest.mark.parametrize(
    ("name", "window", "mode", "expected"),
    [
        ("openai:gpt-6.1-terra", None, None, Profile(272_000)),
        ("langchain:anthropic:claude-sonnet-5-5", None, None, Profile(200_000)),
        ("openai:some-local-model", None, None, Profile(128_000)),
        ("openai:some-local-model", 16_000, "json", Profile(16_000, "json")),
        ("openai:Qwen2.5-Coder-1.5B-Instruct-GGUF", None, None, Profile(8_000, "json")),
        ("openai:qwen2.5-coder-1.5b", 32_000, "native", Profile(32_000)),
        ("langchain:ollama:qwen2.5-coder:1.5b", None, None, Profile(8_000, "json")),
        ("langchain:ollama:qwen2.5-coder:32b", None, None, Profile(32_000)),
        ("langchain:ollama:mistral-small", None, None, Profile(32_000)),
        ("builtin", None, None, Profile(None)),
        ("scripted:a.yaml", None, "json", Profile(None)),
    ],
)
def test_profiles(name: str, window: int | None, mode: ToolMode | None, expected: Profile) -> None:
    assert profile_of(name, window, mode) == expected


@pytest.mark.parametrize(
    ("window", "prompt"), [(None, "full"), (8_000, "short"), (15_999, "short"), (16_000, "full")]
)
def test_small_windows_get_short_instructions(window: int | None, prompt: str) -> None:
    assert Profile(window).prompt == prompt
