"""What a spec's sentence about refresh tokens makes of the second use of one."""

import pytest

from agent.intake import read_spec

SPEC = """# Notes

## Entities

### note

| field | type |
|-------|------|
| text | text |

## Endpoints

| method | path | access |
|--------|------|--------|
| POST | /auth/register | public |
| POST | /auth/login | public |
| POST | /auth/refresh | public |
| GET | /notes | any user |

## Accounts

- {sentence}
"""


@pytest.mark.parametrize(
    ("sentence", "ends"),
    [
        ("Each refresh token works once.", False),
        ("A refresh token is good for one use only; used a second time it gets 401.", False),
        ("The old refresh token is then used up: 401.", False),
        ("A refresh token works once; if it is sent again all tokens of the login end.", True),
        ("Refresh tokens are single use, and reuse revokes the family.", True),
        ("An inactive account loses its refresh tokens at once.", True),
        ("Refresh tokens: 14 days", True),
    ],
)
def test_only_what_the_spec_says_ends(sentence: str, ends: bool) -> None:
    blueprint = read_spec(SPEC.format(sentence=sentence)).blueprint
    assert blueprint.auth is not None
    assert blueprint.auth.reuse_ends_session is ends
    assert any("sent again" in one for one in blueprint.assumptions) is not ends
