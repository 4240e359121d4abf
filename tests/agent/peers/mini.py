"""mini-swe-agent on a model server: `PYTHON -m tests.agent.peers.mini URL FOLDER`.

Prints {"finished": whether it says that it is}. It cannot resume, so a second start begins anew.
"""

import json
import os
import sys

os.environ.setdefault("MSWEA_SILENT_STARTUP", "1")
os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")

from minisweagent.agents.default import DefaultAgent  # type: ignore[import-not-found]
from minisweagent.environments.local import LocalEnvironment  # type: ignore[import-not-found]
from minisweagent.models.litellm_model import LitellmModel  # type: ignore[import-not-found]


def main() -> None:
    """Run to the end."""
    url, folder = sys.argv[1:3]
    model = LitellmModel(
        model_name="openai/m1",
        cost_tracking="ignore_errors",
        model_kwargs={"api_base": url, "api_key": "none", "timeout": 2, "num_retries": 0},
    )
    agent = DefaultAgent(
        model,
        LocalEnvironment(cwd=folder),
        system_template="Go on.",
        instance_template="{{task}}",
        step_limit=20,
        cost_limit=0,
    )
    said = agent.run("Go on.")
    sys.stdout.write(json.dumps({"finished": said.get("exit_status") == "Submitted"}) + "\n")


if __name__ == "__main__":
    main()
