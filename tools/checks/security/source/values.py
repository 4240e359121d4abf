"""What is known of a value while input is followed through the source."""

from collections.abc import Iterable
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Value:
    """Where a value comes from. Without origins it does not depend on a request."""

    origins: frozenset[str] = frozenset()
    """Inputs that it is made from: `filename`, `body.url`."""
    clean: frozenset[str] = frozenset()
    """Kinds of flaw that its form cannot cause; `*` is all but sizes."""
    raw: bool = False
    """Whether the input's text is in it as it came, not only an effect of it."""
    archive: bool = False
    """Whether it came out of an archive that a client sent."""

    def cleaned(self, *kinds: str) -> "Value":
        """The same, harmless for more kinds."""
        return replace(self, clean=self.clean | set(kinds))

    @property
    def loose(self) -> "Value":
        """The result of something unknown: it depends on the input but may not contain it."""
        return replace(self, raw=False)


NOTHING = Value()


def joined(values: Iterable[Value]) -> Value:
    """A value made from several."""
    inputs = [value for value in values if value.origins]
    if not inputs:
        return NOTHING
    return Value(
        frozenset().union(*(value.origins for value in inputs)),
        frozenset.intersection(*(value.clean for value in inputs)),
        any(value.raw for value in inputs),
        any(value.archive for value in inputs),
    )
