"""One file per kind of mistake that is visible in the source without following input."""

from tools.checks.security.source.rules.assignment import open_assignment
from tools.checks.security.source.rules.base import Rule
from tools.checks.security.source.rules.config import (
    any_origin,
    debug_mode,
    open_cookies,
    unchecked_certificates,
)
from tools.checks.security.source.rules.errors import leaked_exceptions
from tools.checks.security.source.rules.hashes import (
    broken_ciphers,
    fast_password_hashes,
    predictable_tokens,
    weak_iterations,
)
from tools.checks.security.source.rules.regexes import backtracking
from tools.checks.security.source.rules.secrets import hardcoded_secrets, weak_fallbacks
from tools.checks.security.source.rules.tokens import (
    careless_decoding,
    plain_comparisons,
    tokens_without_end,
    unread,
)

RULES: tuple[Rule, ...] = (
    hardcoded_secrets,
    weak_fallbacks,
    fast_password_hashes,
    weak_iterations,
    predictable_tokens,
    broken_ciphers,
    careless_decoding,
    plain_comparisons,
    tokens_without_end,
    unread,
    any_origin,
    debug_mode,
    open_cookies,
    unchecked_certificates,
    backtracking,
    leaked_exceptions,
    open_assignment,
)
