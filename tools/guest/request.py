"""Inside the sandbox: sends the HTTP request described by JSON on standard input, shows the answer.

Input: `{"port", "method", "path", "headers": {...}, "body": str | null}`.
"""

import http.client
import json
import sys
import time

TIMEOUT_S = 30
MAX_BODY_BYTES = 200_000
HIDDEN_HEADERS = {"date", "server", "connection", "content-length"}


def main() -> int:
    """Print status line, headers and body; 1 when nothing answered."""
    asked = json.load(sys.stdin)
    body = None if asked["body"] is None else asked["body"].encode()
    connection = http.client.HTTPConnection("127.0.0.1", asked["port"], timeout=TIMEOUT_S)
    started = time.monotonic()
    try:
        connection.request(asked["method"], asked["path"], body=body, headers=asked["headers"])
        answer = connection.getresponse()
        content = answer.read(MAX_BODY_BYTES)
    except (OSError, ValueError, http.client.HTTPException) as error:
        sys.stdout.write(f"no answer on port {asked['port']}: {error!r}\n")
        return 1
    seconds = time.monotonic() - started
    lines = [f"HTTP {answer.status} {answer.reason} ({1000 * seconds:.0f} ms)"]
    lines += [f"{k}: {v}" for k, v in answer.getheaders() if k.lower() not in HIDDEN_HEADERS]
    sys.stdout.write("\n".join(lines) + "\n\n" + shown(content) + "\n")
    return 0


def shown(content: bytes) -> str:
    """The body as text; bytes that are none by their number."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        return f"[{len(content)} bytes that are not text]"


if __name__ == "__main__":
    sys.exit(main())
