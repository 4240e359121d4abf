"""Dollars per million tokens, by model name. An unknown price is None, never 0."""

from pydantic import BaseModel, ConfigDict


class Price(BaseModel):
    """What a provider charges, in US dollars per million tokens."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    input: float
    cached_input: float
    output: float
