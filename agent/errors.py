"""Errors, sorted by who must act.

    tools.ToolError              the model acts: the text becomes its observation
    sandbox.SandboxError         the machine failed: the run ends `sandbox_error`, may be resumed
    AgentError                   the run cannot go on
      |- UserError               the user acts, before anything is spent: a sentence with its remedy
      |    |- SpecError          the spec or schema cannot be read; every problem at once
      |    |- SettingsError      a setting, option, model name or key is wrong
      |    |- RepositoryError    the repository cannot take a branch
      |    '- RunError           no such run, or another process works on it
      |- JournalError            the journal is damaged in its middle
      '- ModelError              the run ends `model_error`; `retryable`: trying again may help
           |- ModelUnavailable   rate limit, overload, network, time-out: after all retries
           |- ModelRejected      key, model name or request refused: never retried
           '- ContextTooLong     the conversation no longer fits the model

Reaching a limit and finishing are not errors: they are `RunEnded(reason=...)`.
"""


class AgentError(Exception):
    """The run cannot go on."""


class UserError(AgentError):
    """The user acts: one sentence that says what is wrong and what to do."""


class SpecError(UserError):
    """The spec or the schema cannot be read; the text holds every problem, one a line."""


class SettingsError(UserError):
    """A setting, an option, a model name or a key is wrong."""


class RepositoryError(UserError):
    """The repository cannot take the branch; nothing in it was changed."""


class RunError(UserError):
    """There is no such run, it cannot be resumed, or another process works on it."""


class JournalError(AgentError):
    """The journal is damaged in its middle; says at which line, and what can be saved."""


class ModelError(AgentError):
    """A model call failed for good."""

    retryable = False
    """Whether the same call may succeed later."""


class ModelUnavailable(ModelError):
    """Rate limit, overload, network or time-out, after every retry that the deadline allowed."""

    retryable = True


class ModelRejected(ModelError):
    """The provider refuses the key, the model's name or the request; says the remedy."""


class ContextTooLong(ModelError):
    """The conversation no longer fits the model's window."""
