"""The openai library's errors as ours."""

from collections.abc import Callable
from typing import Any

import openai

from agent.errors import ModelError, ModelRejected
from agent.models.faults import FILTER_CODES, Masker, Refusal, fault_of
from agent.models.retry import PassingFault

Fault = PassingFault | ModelError


def openai_fault(exc: openai.OpenAIError, model: str, mask: Masker) -> Fault:
    """What to raise for an error of the library; the most specific class decides."""
    kind = next(base for base in type(exc).__mro__ if base in FAULTS)
    return FAULTS[kind](exc, model, mask)


def is_refusal(exc: openai.OpenAIError) -> bool:
    """Whether the request itself was found wrong.

    llama.cpp's Python server says so with HTTP 500 and pydantic's words (0.3.36).
    """
    if isinstance(exc, openai.InternalServerError):
        return "validation error" in exc.message
    return isinstance(exc, openai.BadRequestError | openai.UnprocessableEntityError)


def is_filtered(exc: openai.OpenAIError) -> bool:
    """Whether a moderation filter refused the request."""
    return isinstance(exc, openai.BadRequestError) and exc.code in FILTER_CODES


def _by_status(exc: openai.APIStatusError, model: str, mask: Masker) -> Fault:
    refusal = Refusal(
        status=exc.status_code,
        text=mask(_said(exc)),
        code=exc.code or exc.type,
        headers=exc.response.headers,
    )
    return fault_of(refusal, model)


def _said(exc: openai.APIStatusError) -> str:
    said = exc.message.removeprefix(f"Error code: {exc.status_code}").removeprefix(" - ")
    return said or ("" if str(exc.body).startswith("<") else str(exc.body))  # no HTML pages


def _unreachable(exc: openai.APIConnectionError, model: str, mask: Masker) -> Fault:
    cause = exc.__cause__ or exc
    return PassingFault(f"no connection to {model}: {mask(str(cause)) or type(cause).__name__}")


def _too_slow(_: openai.APITimeoutError, model: str, __: Masker) -> Fault:
    return PassingFault(f"{model} took too long")


def _unexpected(exc: openai.OpenAIError, model: str, mask: Masker) -> Fault:
    return ModelRejected(f"{model} could not be asked: {mask(str(exc))}")


FAULTS: dict[type[BaseException], Callable[[Any, str, Masker], Fault]] = {
    openai.APITimeoutError: _too_slow,
    openai.APIConnectionError: _unreachable,
    openai.AuthenticationError: _by_status,
    openai.OAuthError: _by_status,
    openai.BadRequestError: _by_status,
    openai.ConflictError: _by_status,
    openai.InternalServerError: _by_status,
    openai.NotFoundError: _by_status,
    openai.PermissionDeniedError: _by_status,
    openai.RateLimitError: _by_status,
    openai.UnprocessableEntityError: _by_status,
    openai.APIStatusError: _by_status,
    openai.APIError: _unexpected,
    openai.APIResponseValidationError: _unexpected,
    openai.OpenAIError: _unexpected,
}
"""Every class of the library, except those of other APIs; a test finds what a release adds."""
