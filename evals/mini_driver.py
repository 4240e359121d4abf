"""Runs mini-swe-agent, by an interpreter that has it installed; its commands run elsewhere.

    PYTHON evals/mini_driver.py < settings.json-line

One JSON object a line. First comes {"task", "model", "base_url", "step_limit", "limit_s"} in. Then
each command goes out as {"command", "timeout_s"} and its end comes back as {"output",
"returncode"}; last goes out {"end", "calls", "input_tokens", "output_tokens"}.
Prompts and limits are those of the package's own mini.yaml. Imports nothing of ours.
"""

import json
import os
import platform
import sys
from typing import Any

os.environ.setdefault("MSWEA_SILENT_STARTUP", "1")
os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")

import yaml
from minisweagent.agents.default import DefaultAgent  # type: ignore[import-not-found]
from minisweagent.config import builtin_config_dir  # type: ignore[import-not-found]
from minisweagent.environments.local import LocalEnvironment  # type: ignore[import-not-found]
from minisweagent.models.litellm_model import LitellmModel  # type: ignore[import-not-found]

COMMAND_TIMEOUT_S = 120
PROTOCOL = os.fdopen(os.dup(1), "w")
"""The real stdout; the package may print what it likes, it goes to stderr."""


class FarEnvironment(LocalEnvironment):  # type: ignore[misc]  # the package has no types
    """Runs commands on the other side of the pipe."""

    def execute(
        self,
        action: dict[str, Any],
        cwd: str = "",  # noqa: ARG002 - always the workspace
        *,
        timeout: int | None = None,
    ) -> dict[str, Any]:
        """Run one command. Raises Submitted as the package's environments do."""
        tell({"command": action.get("command", ""), "timeout_s": timeout or COMMAND_TIMEOUT_S})
        output = {"exception_info": "", **json.loads(sys.stdin.readline())}
        self._check_finished(output)
        return output

    def get_template_vars(self, **kwargs: object) -> dict[str, Any]:
        """What the prompts say of the machine; nothing of this one's environment."""
        return {**self.config.model_dump(), **platform.uname()._asdict(), **kwargs}


def tell(message: object) -> None:
    """Write one line of the protocol."""
    PROTOCOL.write(json.dumps(message) + "\n")
    PROTOCOL.flush()


def main() -> None:
    """Run to the end."""
    os.dup2(2, 1)
    given = json.loads(sys.stdin.readline())
    config = yaml.safe_load((builtin_config_dir / "mini.yaml").read_text())
    base = {"api_base": given["base_url"]} if given["base_url"] else {}
    model = LitellmModel(
        **{
            **config["model"],
            "model_name": f"openai/{given['model']}",
            "cost_tracking": "ignore_errors",
            "model_kwargs": {**config["model"].get("model_kwargs", {}), **base, "timeout": 3600},
        }
    )
    prompts = {key: config["agent"][key] for key in ("system_template", "instance_template")}
    limits = {"step_limit": given["step_limit"], "wall_time_limit_seconds": given["limit_s"]}
    environment = FarEnvironment(env=config["environment"]["env"])
    agent = DefaultAgent(model, environment, **prompts, **limits, cost_limit=0)
    said = agent.run(given["task"])
    usages = [
        message["extra"]["response"]["usage"]
        for message in agent.messages
        if isinstance(message.get("extra", {}).get("response"), dict)
    ]
    tell(
        {
            "end": said.get("exit_status", ""),
            "calls": agent.n_calls,
            "input_tokens": sum(usage["prompt_tokens"] for usage in usages),
            "output_tokens": sum(usage["completion_tokens"] for usage in usages),
        }
    )


if __name__ == "__main__":
    main()
