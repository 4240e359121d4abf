"""The yardstick: the shortest honest agent loop on the openai client. It stays as it is.

    python -m evals.bench.bare_loop BASE_URL

Prints {"cpu_s_per_step", "rss_mb"}. It has two tools and no journal, budget, sandbox or checks.
"""

import json
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from openai import OpenAI

TOOLS: list[Any] = [
    {
        "type": "function",
        "function": {
            "name": name,
            "description": "works on a file",
            "parameters": {"type": "object", "properties": {"path": {"type": "string"}}},
        },
    }
    for name in ("read_file", "write_file")
]


def main() -> None:
    """Loop until the model makes no call."""
    client = OpenAI(base_url=sys.argv[1], api_key="none")
    folder = Path(tempfile.mkdtemp())
    (folder / "note.txt").write_text("line\n" * 20, encoding="utf-8")
    messages: list[Any] = [{"role": "user", "content": "Go on."}]
    started, steps = 0.0, -1
    while True:
        reply = client.chat.completions.create(model="bench", messages=messages, tools=TOOLS)
        steps += 1
        started = started or time.process_time()
        message = reply.choices[0].message
        messages.append(message.model_dump(exclude_none=True))
        if not message.tool_calls:
            break
        for call in message.tool_calls:
            assert call.type == "function", "the server makes no other calls"
            arguments = json.loads(call.function.arguments)
            path = folder / arguments["path"]
            if call.function.name == "write_file":
                path.write_text(arguments["content"], encoding="utf-8")
            text = path.read_text(encoding="utf-8")
            messages.append({"role": "tool", "tool_call_id": call.id, "content": text})
    cpu_s = (time.process_time() - started) / steps
    rss_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(json.dumps({"cpu_s_per_step": cpu_s, "rss_mb": rss_mb}) + "\n")


if __name__ == "__main__":
    main()
