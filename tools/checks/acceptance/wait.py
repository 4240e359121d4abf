"""Waits until the backend answers: `python -m tools.checks.acceptance.wait URL SECONDS`.

Exit code 0 when it does, 1 when the time is up; an address that does not exist is an answer too.
"""

import sys
import time

import httpx2


def wait_for(url: str, seconds: float) -> bool:
    """Whether something answers at the address within that time, without a server error."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if httpx2.get(url, timeout=2, trust_env=False).status_code < 500:
                return True
        except httpx2.HTTPError:
            pass
        time.sleep(0.05)
    return False


if __name__ == "__main__":
    sys.exit(0 if wait_for(sys.argv[1], float(sys.argv[2])) else 1)
