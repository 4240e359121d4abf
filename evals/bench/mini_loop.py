"""mini-swe-agent's loop under the same model, run by an interpreter that has it installed.

    LITELLM_LOCAL_MODEL_COST_MAP=True PYTHON -m evals.bench.mini_loop BASE_URL

Prints {"cpu_s_per_step", "rss_mb"}. Its only tool runs a shell command, so a step also starts a
process, whose CPU time is not counted.
"""

import json
import os
import resource
import sys
import time

os.environ.setdefault("MSWEA_SILENT_STARTUP", "1")

from minisweagent.agents.default import DefaultAgent  # type: ignore[import-not-found]
from minisweagent.environments.local import LocalEnvironment  # type: ignore[import-not-found]
from minisweagent.models.litellm_model import LitellmModel  # type: ignore[import-not-found]


def main() -> None:
    """Run until the step limit."""
    url = sys.argv[1]
    steps = int(url.split("/")[-2])
    model = LitellmModel(
        model_name="openai/bench",
        cost_tracking="ignore_errors",
        model_kwargs={"api_base": url, "api_key": "none"},
    )
    marks: list[float] = []
    query = model.query

    def marked(messages: list[object], **options: object) -> object:
        reply = query(messages, **options)
        marks.append(time.process_time())
        return reply

    model.query = marked
    agent = DefaultAgent(
        model,
        LocalEnvironment(),
        system_template="Go on.",
        instance_template="{{task}}",
        step_limit=steps,
        cost_limit=0,
    )
    agent.run("Go on.")
    answer = {
        "cpu_s_per_step": (marks[-1] - marks[0]) / (len(marks) - 1),
        "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
