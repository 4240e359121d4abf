"""Results on the disk: what has a result.json is finished, whatever is killed afterwards.

<evaluation>/plan.json                    what is to be run
             lock                         held by the one process that runs it
             trials/<slug>/plan.json      one trial
                           try-1/         all that happened; try-2 after an infrastructure error
                                 work/            the agent's own folder (its journal, its log)
                                 backend/         what it handed over
                                 submission.json  written when the agent is done
                                 result.json      written last
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from agent.models.base import Usage
from agent.runs import run_folder
from evals.errors import EvalError
from evals.plan import EvalPlan, TrialPlan
from evals.score import Score

Part = TypeVar("Part", bound=BaseModel)


class Submission(BaseModel):
    """What an agent says when it is done."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    status: str
    """How it ended: an `EndReason` of ours, else `done`, `failed` or `timeout`."""
    claims: bool
    """Whether it says that the backend is finished and works."""
    reason: str = ""
    usage: Usage = Usage()
    cost_usd: float | None = None
    """None: nobody knows."""
    steps: int = 0
    """Model replies."""
    verdicts: int = 0
    """Rounds of our verifier."""
    seconds: float = 0.0
    infrastructure: str = ""
    """Why the agent could not do its work, if that is no fault of its own; empty: it could."""


class TrialResult(BaseModel):
    """One trial, finished."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    plan: TrialPlan
    submission: Submission
    score: Score
    tries: int = 1

    @property
    def error(self) -> str:
        """The infrastructure's failure that keeps it from being scored; empty: it is scored."""
        if self.submission.infrastructure:
            return self.submission.infrastructure
        return self.score.reason or "unscored" if self.score.value is None else ""

    @property
    def passed(self) -> bool:
        """Every hidden test passed."""
        return self.score.passed and not self.error

    @property
    def false_success(self) -> bool:
        """It says that it works, and hidden tests fail."""
        return self.submission.claims and not self.passed and not self.error

    @property
    def honest_unmet(self) -> bool:
        """It says that it does not work, and it does not."""
        return not self.submission.claims and not self.passed and not self.error


@dataclass(frozen=True)
class TrialFolder:
    """Where a trial keeps its things."""

    path: Path

    @property
    def plan(self) -> TrialPlan:
        """What is to be run. Raises EvalError."""
        return read_json(self.path / "plan.json", TrialPlan)

    def tries(self) -> list[Path]:
        """Folders of its tries, in order."""
        return sorted(self.path.glob("try-*"), key=lambda path: int(path.name[4:]))

    def result(self) -> TrialResult | None:
        """The last try's result; None while it has none. Raises EvalError."""
        tries = self.tries()
        file = tries[-1] / "result.json" if tries else None
        return read_json(file, TrialResult) if file and file.exists() else None

    def open_try(self) -> Path:
        """The try to work on: one that was cut off goes on, a failed one stays as it is."""
        tries = self.tries()
        if tries and not (tries[-1] / "result.json").exists():
            return tries[-1]
        folder = self.path / f"try-{len(tries) + 1}"
        folder.mkdir(parents=True)
        return folder

    def spent_usd(self) -> float:
        """Dollars of all its tries, as far as they are known."""
        files = self.path.glob("try-*/submission.json")
        return sum(read_json(file, Submission).cost_usd or 0 for file in files)

    def run_ids(self) -> list[str]:
        """Owners of all machines that its tries may have opened."""
        owners = []
        for folder in self.tries():
            working, hidden = machine_owners(self.path, folder)
            run = run_folder(folder / "work" / "state", working)
            owners += [working, hidden, run.owner]
        return owners


def machine_owners(trial: Path, folder: Path) -> tuple[str, str]:
    """Run ids under which a try's agent and its hidden tests open machines."""
    name = f"{trial.name[-12:]}-{folder.name[4:]}"
    return name, f"{name}-hidden"


@dataclass(frozen=True)
class EvalFolder:
    """Where an evaluation keeps its things."""

    path: Path

    def create(self, plan: EvalPlan) -> None:
        """Write the plan down. Raises EvalError when the folder holds another evaluation."""
        if (self.path / "plan.json").exists():
            raise EvalError(
                f"{self.path} holds an evaluation: go on with `eval resume {self.path}`"
            )
        for trial in plan.trials:
            write_json(self.path / "trials" / trial.slug / "plan.json", trial)
        write_json(self.path / "plan.json", plan)

    @property
    def plan(self) -> EvalPlan:
        """What is to be run. Raises EvalError."""
        return read_json(self.path / "plan.json", EvalPlan)

    def trials(self) -> list[TrialFolder]:
        """Folders of its trials, as planned."""
        return [TrialFolder(self.path / "trials" / trial.slug) for trial in self.plan.trials]

    def results(self) -> list[TrialResult]:
        """Results of the trials that have one, as planned."""
        return [result for trial in self.trials() if (result := trial.result())]

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Be the only process that runs it. Raises EvalError."""
        with (self.path / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise EvalError(f"another process runs {self.path}") from None
            yield


def write_json(path: Path, part: BaseModel) -> None:
    """Write a file whole or not at all, and see it on the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    with fresh.open("wb") as file:
        file.write(part.model_dump_json(indent=1).encode())
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def read_json(path: Path, kind: type[Part]) -> Part:
    """Read what `write_json` wrote. Raises EvalError."""
    try:
        return kind.model_validate_json(path.read_bytes())
    except OSError as exc:
        raise EvalError(f"{path} cannot be read: {exc.strerror}") from exc
    except ValidationError as exc:
        raise EvalError(f"{path} is not what this version writes: {exc}") from exc
