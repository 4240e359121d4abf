"""Two processes of a backend on one database. Prints one JSON line: the statuses that they gave."""

import json
import sys
from urllib.parse import urlencode

from client import Process  # type: ignore[import-not-found]  # beside it in the machine

PASSWORD = "correct horse battery"
LOGIN = {"username": "ann@example.com", "password": PASSWORD}
ANN = {"email": "ann@example.com", "full_name": "Ann", "password": PASSWORD}


def main() -> None:
    """Log in on one, refresh on the other, use an old token on the first."""
    one, other = Process(8001), Process(8002)
    registered = one.call("POST", "/auth/register", ANN)
    pair = other.call("POST", "/auth/login", form=urlencode(LOGIN))
    used = {"refresh_token": pair.body["refresh_token"]}
    newer = one.call("POST", "/auth/refresh", used)
    stolen = other.call("POST", "/auth/refresh", used)
    revoked = one.call("POST", "/auth/refresh", {"refresh_token": newer.body["refresh_token"]})
    answers = (registered, pair, newer, stolen, revoked)
    one.stop()
    other.stop()
    sys.stdout.write(json.dumps([answer.status for answer in answers]) + "\n")


if __name__ == "__main__":
    main()
