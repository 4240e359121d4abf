"""One self-contained HTML page for an evaluation: no script, nothing to load, light and dark."""

from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from evals.lines import number, percent
from evals.numbers import Numbers
from evals.plan import EvalPlan
from evals.results import TrialResult
from tools.sanitize import clean_text

TEMPLATE = "report.html.j2"


def render_report(
    plan: EvalPlan, numbers: Sequence[Numbers], results: Sequence[TrialResult]
) -> str:
    """The page. Its links to transcripts and files are relative to the evaluation's folder."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"percent": percent, "number": number, "clean": clean_text}
    template = environment.get_template(TEMPLATE)
    return template.render(plan=plan, numbers=numbers, results=results)
