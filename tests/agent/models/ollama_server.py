"""What Ollama answers to `POST /api/chat`: one JSON object a line, the last one `done`."""

import json

from tests.agent.models.openai_server import Act, Handler, answer


def reply(text: str, *calls: tuple[str, str, str], finish: str = "stop", done: bool = True) -> Act:
    """A sound reply in two lines, or one that breaks off before its last line.

    Ollama calls every end but `length` a `stop`, and gives no ids to calls: those of (id, name,
    arguments) are not sent.
    """
    functions = [
        {"function": {"name": name, "arguments": json.loads(arguments)}}
        for _, name, arguments in calls
    ]
    message: dict[str, object] = {"role": "assistant", "content": text}
    if functions:
        message["tool_calls"] = functions
    first = {"model": "m1", "created_at": "2026-11-24T12:00:00Z", "message": message, "done": False}
    last = {
        "model": "m1",
        "created_at": "2026-11-24T12:00:01Z",
        "message": {"role": "assistant", "content": ""},
        "done": True,
        "done_reason": "length" if finish == "length" else "stop",
        "prompt_eval_count": 100,
        "eval_count": 10,
    }
    return lines(first, last) if done else lines(first)


def lines(*objects: dict[str, object]) -> Act:
    """Any lines of a reply."""
    data = "".join(json.dumps(line) + "\n" for line in objects).encode()

    def act(handler: Handler) -> None:
        handler.start(200, len(data))
        handler.wfile.write(data)

    return act


def refuse(status: int, message: str) -> Act:
    """An error in Ollama's form."""
    return answer(status, {"error": message})
