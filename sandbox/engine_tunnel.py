"""The socket of a Docker engine on another machine, brought here by the ssh command.

One ssh for all connections. It lives as long as its input, which ends with this process however
that dies. Host keys, identities and jumps are those of the user's own ssh; it asks nothing.
"""

import os
import select
import shutil
import subprocess
import tempfile
import time
import weakref
from pathlib import Path
from urllib.parse import urlsplit

from sandbox.base import SandboxStartError

REMOTE_SOCKET = "/var/run/docker.sock"
PATIENCE_S = 20
OPTIONS = {
    "BatchMode": "yes",
    "ConnectTimeout": "10",
    "ServerAliveInterval": "15",
    "ControlMaster": "no",  # a shared connection would outlive this one with its forwarding
    "ControlPath": "none",
    "RemoteCommand": "none",
}
SAYS_READY = b"backend-agent-tunnel"
ENVIRONMENT = ("PATH", "HOME", "USER", "LOGNAME", "LANG", "SSH_AUTH_SOCK", "KRB5CCNAME")
"""What ssh gets to see; keys of models are not among it."""
REMEDIES = (
    (
        "HOST IDENTIFICATION HAS CHANGED",
        "its host key has changed; when its administrator confirms that, `ssh-keygen -R HOST`",
    ),
    ("Host key verification failed", "its host key is unknown: `{ssh}` once, and compare the key"),
    (
        "Permission denied",
        "it refuses your key: `ssh-add` it, or add it there to ~/.ssh/authorized_keys",
    ),
    (
        "administratively prohibited",
        "its sshd forbids to forward sockets: set AllowStreamLocalForwarding there",
    ),
    (
        "open failed",
        "this user may use no Docker engine there at {socket}: start it, add the user to the "
        "group `docker`, or name the socket of a rootless one (ssh://HOST/run/user/UID/docker.sock)",
    ),
)
"""What ssh says -> what to do."""


class SshTunnel:
    """An open one; `socket` leads to the engine."""

    def __init__(self, url: str) -> None:
        """Open it.

        Args:
            url: `ssh://[USER@]HOST[:PORT]`, and the socket's path there if it is not the usual one.

        Raises:
            SandboxStartError: ssh is missing, or could not get there.
        """
        parts = urlsplit(url)
        if not parts.hostname or parts.password:
            raise SandboxStartError(
                "cannot use the Docker engine's address: it is ssh://[USER@]HOST[:PORT], without a "
                "password (ssh takes keys)"
            )
        self._host = f"ssh://{parts.netloc}"
        self._remote = parts.path or REMOTE_SOCKET
        self._folder = Path(tempfile.mkdtemp(prefix="backend-agent-ssh-"))
        self.socket = self._folder / "engine.sock"
        try:
            self._process = self._start()
        except FileNotFoundError as exc:
            shutil.rmtree(self._folder)
            raise SandboxStartError(
                f"cannot reach {url} without ssh: install it (Debian: `apt-get install "
                "openssh-client`)"
            ) from exc
        self.close = weakref.finalize(self, _end, self._process, self._folder)
        if not self._becomes_ready():
            problem = self.explain()
            self.close()
            raise SandboxStartError(problem)

    def explain(self) -> str:
        """One sentence on what ssh has complained about."""
        log = (self._folder / "log").read_text(errors="replace").strip()
        ssh = f"ssh {self._host} true"
        remedy = next((text for said, text in REMEDIES if said in log), None)
        if remedy is None:
            said = log.splitlines()[-1] if log else "no answer"
            remedy = f"{said.strip()}; `{ssh}` has to work without a question"
        reason = remedy.format(ssh=ssh, socket=self._remote)
        return f"cannot reach the Docker engine by {self._host}: {reason}"

    def _start(self) -> "subprocess.Popen[bytes]":
        options = [f"-o{name}={value}" for name, value in OPTIONS.items()]
        forward = ["-T", "-L", f"{self.socket}:{self._remote}"]
        command = f"echo {SAYS_READY.decode()}; exec cat"
        with (self._folder / "log").open("wb") as log:
            return subprocess.Popen(
                ["ssh", *options, *forward, "--", self._host, command],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env={name: os.environ[name] for name in ENVIRONMENT if name in os.environ},
                start_new_session=True,  # not ended by a Ctrl-C, which is ours to answer
            )

    def _becomes_ready(self) -> bool:
        assert self._process.stdout is not None
        fd, said, over_at = self._process.stdout.fileno(), b"", time.monotonic() + PATIENCE_S
        while SAYS_READY not in said:
            left_s = over_at - time.monotonic()
            if left_s <= 0 or not select.select([fd], [], [], left_s)[0]:
                return False
            data = os.read(fd, 4096)
            if not data:
                self._process.wait(PATIENCE_S)
                return False
            said += data
        return self.socket.exists()


def _end(process: "subprocess.Popen[bytes]", folder: Path) -> None:
    process.kill()
    process.communicate()
    shutil.rmtree(folder, ignore_errors=True)
