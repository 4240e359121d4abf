"""When a limit of the reply's length is worth sending."""

SENT_BELOW = 32_768
"""No reply needs more tokens, and models refuse a number above their own maximum."""


def limit_to_send(max_output_tokens: int | None) -> int | None:
    """The limit, or None where the model's own will do."""
    if max_output_tokens is None or max_output_tokens >= SENT_BELOW:
        return None
    return max_output_tokens
