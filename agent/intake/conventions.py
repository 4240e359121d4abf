"""The conventions of an API, from the front matter and from the sentences of a spec."""

from agent.intake.convention_grammar import Settings, read_convention
from agent.intake.draft import Draft
from agent.intake.statements import Statement
from agent.intake.topics import topic_of
from tools.blueprint.conventions import Conventions
from tools.blueprint.model import Auth

_PAGE_NAMES: dict[str, Settings] = {
    "page": {"size_param": "page_size", "position_param": "page", "total_key": "total"},
    "offset": {"size_param": "limit", "position_param": "offset", "total_key": "total"},
    "keyset": {"size_param": "limit", "position_param": "cursor"},
}


class ConventionBook:
    """Conventions as they are found: a value that is stated twice must be the same."""

    def __init__(self) -> None:
        self._values: dict[str, tuple[str | int | bool | None, int]] = {}

    def add(self, settings: Settings, line: int, draft: Draft) -> None:
        """Take values from that line; a contradiction becomes a problem that names both lines."""
        for name, value in settings.items():
            known, first = self._values.setdefault(name, (value, line))
            if known != value:
                draft.error(
                    line,
                    f"`{name}` is {value!r} here and {known!r} on line {first}",
                    "State each convention once.",
                )

    def conventions(self) -> Conventions:
        """Ours, with the spec's values over them."""
        nested: dict[str, dict[str, object]] = {}
        top: dict[str, object] = {}
        for name, (value, _line) in self._values.items():
            group, _, key = name.rpartition(".")
            if group == "auth":
                continue
            (nested.setdefault(group, {}) if group else top)[key] = value
        pages = nested.get("pagination", {})
        nested["pagination"] = {**_PAGE_NAMES[str(pages.get("style", "keyset"))], **pages}
        limit = nested["pagination"].get("max_size")
        if isinstance(limit, int) and limit < Conventions().pagination.default_size:
            nested["pagination"].setdefault("default_size", limit)
        return Conventions.model_validate({**nested, **top})

    def auth(self) -> dict[str, object]:
        """Stated options of `Auth`: field -> value."""
        return {
            name.removeprefix("auth."): value
            for name, (value, _line) in self._values.items()
            if name.startswith("auth.")
        }


def read_conventions(draft: Draft, statements: list[Statement], book: ConventionBook) -> None:
    """Take every understood sentence, and row of a Conventions section, into the book."""
    for statement in statements:
        if statement.row and topic_of(statement.section) != "conventions":
            continue
        settings = read_convention(_spoken(statement))
        if settings is not None:
            book.add(settings, statement.line, draft)
            draft.note(statement)


def set_values(model: Conventions | Auth, prefix: str = "") -> Settings:
    """The values that were given to the model, not its defaults, by dotted name."""
    found: Settings = {}
    for name in sorted(model.model_fields_set):
        value = getattr(model, name)
        if hasattr(value, "model_fields_set"):
            found |= set_values(value, f"{prefix}{name}.")
        else:
            found[f"{prefix}{name}"] = value
    return found


def _spoken(statement: Statement) -> str:
    if statement.row is None:
        return statement.words
    cells = [cell for cell in statement.row.cells if cell]
    return f"{cells[0]}: {', '.join(cells[1:])}" if len(cells) > 1 else ""
