"""The independent tests and the disputes of a run: a fold over its events."""

from agent.events import Event, ExaminerReplied, TestDisputed, TestsFixed, ToolReturned
from agent.examiner.suite import ExamSuite


class Examination:
    """What was asked, what was fixed and what was disputed. `apply` takes the events in order."""

    def __init__(self) -> None:
        self.replies: list[ExaminerReplied] = []
        self.fixed: ExamSuite | None = None
        """None until the checks are done."""
        self.disputes: list[TestDisputed] = []
        self.ruling: TestDisputed | None = None
        """On the call that has not returned yet."""

    def apply(self, event: Event) -> None:
        """Take one more event into account."""
        match event:
            case ExaminerReplied():
                self.replies.append(event)
            case TestsFixed():
                self.fixed = event.suite
            case TestDisputed():
                self.disputes.append(event)
                self.ruling = event
            case ToolReturned():
                self.ruling = None
            case _:
                pass

    @property
    def withdrawn(self) -> frozenset[str]:
        """Ids of the tests that no longer count."""
        return frozenset(one.test for one in self.disputes if one.ruling == "withdrawn")

    @property
    def counting(self) -> ExamSuite | None:
        """The independent tests without those that were withdrawn."""
        return self.fixed.without(self.withdrawn) if self.fixed else None
