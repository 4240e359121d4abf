"""Errors of the evals that their user can mend."""

from agent.errors import UserError


class CaseError(UserError):
    """A case cannot be used; says which file of it is wrong, and what must be there."""


class EvalError(UserError):
    """An evaluation cannot be run or read; says why."""
