"""What lists of an OpenAPI document answer: bare arrays, and pages under names of their own."""

import pytest

from agent.intake import IntakeResult, read_spec

DOCUMENT = """# S

```yaml
openapi: 3.1.0
paths:
  /books:
    get:
      security: []
      parameters: [{{name: page, in: query}}, {{name: size, in: query}}]
      responses: {{'200': {{description: x, content: {{application/json: {{schema: {books}}}}}}}}}
  /tags:
    get:
      security: []
      responses: {{'200': {{description: x, content: {{application/json: {{schema: {tags}}}}}}}}}
components:
  schemas:
    Book: {{properties: {{id: {{type: integer}}, title: {{type: string, maxLength: 9}}}}}}
    Tag: {{properties: {{id: {{type: integer}}, name: {{type: string, maxLength: 9}}}}}}
    Tags: {{type: array, items: {{$ref: '#/components/schemas/Tag'}}}}
```
"""
BOOKS = "{type: array, items: {$ref: '#/components/schemas/Book'}}"
TAGS = "{type: array, items: {$ref: '#/components/schemas/Tag'}}"
PAGE = "{properties: {results: %s, total_count: {type: integer}%s}}"


def answers(books: str, tags: str = TAGS) -> IntakeResult:
    return read_spec(DOCUMENT.format(books=books, tags=tags))


@pytest.mark.parametrize("tags", [TAGS, "{$ref: '#/components/schemas/Tags'}"])
def test_an_array_has_no_pages(tags: str) -> None:
    blueprint = answers(PAGE % (BOOKS, ""), tags).blueprint
    assert {one.path: one.paged for one in blueprint.endpoints} == {"/books": True, "/tags": False}


def test_the_keys_of_a_page_are_conventions() -> None:
    result = answers(PAGE % (BOOKS, ""))
    pages = result.blueprint.conventions.pagination
    assert (pages.style, pages.items_key, pages.total_key) == ("page", "results", "total_count")
    assert [one for one in result.questions if "a page of" in one.reason] == []


def test_keys_that_no_page_has_are_a_question() -> None:
    result = answers(PAGE % (BOOKS, ", has_more: {type: boolean}"))
    assert "a page of GET /books holds has_more, which other pages do not" in [
        one.reason for one in result.questions
    ]
