"""What a command can see of its own limits: the machine's word beside the provider's."""

import re

from sandbox.base import Sandbox
from sandbox.deadline import Deadline

OBSERVE_S = 20
FILES = (
    "/proc/self/status",
    "/proc/self/limits",
    "/proc/net/dev",
    "/sys/fs/cgroup/memory.max",
    "/sys/fs/cgroup/memory/memory.limit_in_bytes",
    "/sys/fs/cgroup/pids.max",
    "/sys/fs/cgroup/pids/pids.max",
)
SCRIPT = 'for file; do echo "== $file"; cat "$file" 2>/dev/null; done'
FACTS = {
    "user": r"^Uid:\s+(\d+)",
    "capabilities": r"^CapBnd:\s+([0-9a-f]+)",
    "no new privileges": r"^NoNewPrivs:\s+(\d)",
    "seccomp mode": r"^Seccomp:\s+(\d)",
    "open files": r"^Max open files\s+\d+\s+(\d+)",
    "memory": r"^== \S*memory\S*\n(\d+)$",
    "processes": r"^== \S*pids\S*\n(\d+)$",
    "processes by rlimit": r"^Max processes\s+\d+\s+(\d+)",
    "address space": r"^Max address space\s+\d+\s+(\d+)",
}
"""What is looked for in the files -> the line that holds it, memory in bytes."""


def observe(sandbox: Sandbox) -> dict[str, str]:
    """What the kernel says in the machine: fact -> value; what cannot be seen is left out."""
    argv = ["sh", "-c", SCRIPT, "sh", *FILES]
    said = sandbox.exec(argv, deadline=Deadline.after(OBSERVE_S)).output
    found = {name: re.search(pattern, said, re.MULTILINE) for name, pattern in FACTS.items()}
    facts = {name: match[1] for name, match in found.items() if match}
    interfaces = re.findall(r"^\s*(\w+):(?: +\d+){16}$", said, re.MULTILINE)
    return {**facts, "network interfaces": " ".join(interfaces)} if facts else {}
