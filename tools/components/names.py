"""The names that generated code gives to the parts of a Blueprint."""

import keyword
import re

from tools.components.vocabulary import VOCABULARY

_TAKEN_WORDS = (
    # SQLAlchemy's declarative base, Pydantic's BaseModel, then types that annotations use
    "metadata registry copy json schema dict validate construct parse_obj parse_raw "
    "from_orm str int float bool bytes list tuple set object dt func new_id "
    "mapped_column relationship text_enum"
)
_TAKEN = frozenset(_TAKEN_WORDS.split())

_LOCAL_WORDS = "session data query caller passwords tokens service rules statement role"
_LOCALS = frozenset(_LOCAL_WORDS.split())
_TEST_WORDS = (
    "client response body stranger log_in row reference before after made items keys params "
    "name value size cursor sign source target status person pair small large places"
)
_TEST_LOCALS = frozenset(_TEST_WORDS.split())


def camel(name: str) -> str:
    """`order_item` -> `OrderItem`."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_") if part)


def words(name: str) -> str:
    """`order_item` -> `order item`."""
    return name.replace("_", " ")


def attribute(name: str) -> str:
    """A name that is safe as a Python attribute and variable: `class` -> `class_`."""
    unsafe = keyword.iskeyword(name) or name in _TAKEN or name.startswith("model_")
    return f"{name}_" if unsafe else name


def variable(name: str) -> str:
    """A name for a local variable that hides nothing that generated functions use."""
    safe = attribute(name)
    taken = safe in VOCABULARY or safe in _LOCALS | _TEST_LOCALS
    return f"{safe}_" if taken else safe


def is_free_parameter(name: str) -> bool:
    """Whether a route's function may have a parameter of this name beside its own."""
    return attribute(name) == name and name not in _LOCALS


def enum_members(values: tuple[str, ...]) -> dict[str, str]:
    """Value -> member name, unique: `in-progress` -> `IN_PROGRESS`."""
    members: dict[str, str] = {}
    for value in values:
        base = re.sub(r"\W+", "_", value, flags=re.ASCII).strip("_").upper() or "EMPTY"
        base = f"VALUE_{base}" if base[0].isdigit() or keyword.iskeyword(base.lower()) else base
        member = base
        number = 2
        while member in members.values():
            member = f"{base}_{number}"
            number += 1
        members[value] = member
    return members


def article(noun: str) -> str:
    """`an order`, `a book`, `a user`."""
    sounds_like_a_consonant = noun.startswith(("eu", "one", "uni", "use", "usu", "ut"))
    vowel = noun[0] in "aeiou" and not sounds_like_a_consonant
    return f"{'an' if vowel else 'a'} {noun}"


def quote(text: str) -> str:
    """A Python string literal in the quotes that ruff prefers."""
    escaped = text.replace("\\", "\\\\").replace("\n", "\\n")
    if '"' in text and "'" not in text:
        return f"'{escaped}'"
    return '"' + escaped.replace('"', '\\"') + '"'
