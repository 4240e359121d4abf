"""What an endpoint promises beyond its operation, in several wordings."""

import pytest

from agent.intake import read_spec
from agent.intake.endpoint_qualities import read_quality
from tools.blueprint.coverage import uncovered
from tools.blueprint.model import RateLimit


@pytest.mark.parametrize(
    ("words", "limit"),
    [
        ("at most 20 requests per minute per user", (20, 60, "user")),
        ("rate limit: 10/min per IP", (10, 60, "address")),
        ("limited to 5 requests per minute", (5, 60, "user")),
        ("10 per hour", (10, 3600, "user")),
        ("no more than 3 calls in 10 minutes from one address; more is a 429", (3, 600, "address")),
        ("is called at most 2 times a day per account", (2, 86_400, "user")),
    ],
)
def test_rate_limits(words: str, limit: tuple[int, int, str]) -> None:
    quality = read_quality(words)
    assert quality is not None
    found = quality["rate_limit"]
    assert isinstance(found, RateLimit)
    assert (found.requests, found.per_s, found.by) == limit


@pytest.mark.parametrize(
    "words",
    [
        "idempotent",
        "is idempotent by Idempotency-Key",
        "accepts an `Idempotency-Key` header",
        "supports idempotency keys",
    ],
)
def test_idempotency(words: str) -> None:
    assert read_quality(words) == {"idempotent": True}


@pytest.mark.parametrize(
    ("words", "seconds"),
    [
        ("cached for 60 seconds", 60),
        ("is cached for up to 5 minutes.", 300),
        ("its answers are kept for 1 h", 3600),
        ("cacheable for 30s", 30),
        ("cache: 10 min", 600),
    ],
)
def test_kept_answers(words: str, seconds: int) -> None:
    assert read_quality(words) == {"cache_s": seconds}


@pytest.mark.parametrize(
    "words", ["not paged", "no pages", "without pagination", "a bare JSON array", "as a plain list"]
)
def test_lists_without_pages(words: str) -> None:
    assert read_quality(words) == {"paged": False}


def test_all_lists_without_pages() -> None:
    spec = """# S

| method | path | access | description |
|--------|------|--------|-------------|
| GET | /books | public | List books |
| POST | /books | public | Add a book |

## Entities

### Book
- title: string(50)

## Conventions
Lists are bare JSON arrays.
"""
    blueprint = read_spec(spec).blueprint
    assert {one.operation: one.paged for one in blueprint.endpoints} == {
        "list": False,
        "create": True,
    }
    assert uncovered(blueprint) == []


@pytest.mark.parametrize(
    "words",
    [
        "3 items per page",
        "kept for ever",
        "cached",
        "0 requests per minute",
        "at most 3 loans per member",
        "List them",
    ],
)
def test_other_words(words: str) -> None:
    assert read_quality(words) is None


SPEC = """
# S

## Data

### note

| field | type |
|--|--|
| text | string(9) |

## Endpoints

| method | path | access | does | limit | idempotent | cache |
|--|--|--|--|--|--|--|
| GET | /notes | public | List | 30/min per user | | 60 s |
| GET | /notes/{note_id} | public | Show; cached for 1 minute | | | |
| POST | /notes | public | Add | | yes | |

## More

- `GET /notes` is cached for 5 minutes.
- `POST /notes` is limited to 5 requests per minute.
- DELETE /notes is idempotent.
"""


def test_columns_and_sentences() -> None:
    blueprint = read_spec(SPEC).blueprint
    listing, showing, adding = blueprint.endpoints
    assert [one.cache_s for one in blueprint.endpoints] == [300, 60, 0]
    assert showing.description == "Show"
    assert listing.rate_limit == RateLimit(requests=30, per_s=60, by="address")
    assert adding.rate_limit == RateLimit(requests=5, per_s=60, by="address")
    assert adding.idempotent
    assert [one.text for one in uncovered(blueprint)] == ["DELETE /notes is idempotent."]
