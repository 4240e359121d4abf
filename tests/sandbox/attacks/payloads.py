"""Hostile snippets: each tries one thing, and prints `attacked` or `held` and the reason.

The same snippet runs in every sandbox, and where that is harmless in the one that isolates nothing.
"""

from dataclasses import dataclass

from tests.sandbox.conftest import SMALL

PRELUDE = """
import ctypes, errno, os, pathlib, signal, socket, subprocess, sys, time
libc = ctypes.CDLL(None, use_errno=True)

def call(number, *arguments):
    whole = [ctypes.c_long(n) if isinstance(n, int) else n for n in arguments]
    result = libc.syscall(number, *whole)
    if result < 0:
        raise OSError(ctypes.get_errno(), "refused")
    return result

def try_it():
{body}

try:
    said = try_it() or "attacked"
except OSError as error:
    said = "held " + errno.errorcode[error.errno]
except MemoryError:
    said = "held MemoryError"
print(said, flush=True)
"""


@dataclass(frozen=True)
class Payload:
    """One attack."""

    body: str
    """Of a function: returning or falling off its end is a success, an OSError a failure."""
    refusals: tuple[str, ...] = ("EPERM", "ENOSYS")
    """What a failure has to look like, so that a broken payload is not taken for a defense."""
    harmless: bool = True
    """Whether it may run without a sandbox, to show that it works there."""

    @property
    def code(self) -> str:
        """The program."""
        body = "\n".join(f"    {line}" for line in self.body.strip().splitlines())
        return PRELUDE.format(body=body)


FORKS = f"""
children = []
try:
    while len(children) < {SMALL.pids + 20}:
        child = os.fork()
        if child == 0:
            time.sleep(30)
            os._exit(0)
        children.append(child)
finally:
    for child in children:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
"""
MEMORY_OF_MANY = f"""
takers = [
    subprocess.Popen(
        [sys.executable, "-c",
         "held = bytearray({SMALL.memory_mib // 2} * 2**20); print(1, flush=True); input()"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    for _ in range(4)
]
took = [taker.stdout.readline() == b"1\\n" for taker in takers]
for taker in takers:
    taker.kill()
    taker.communicate()
return "attacked" if all(took) else "held ENOMEM"
"""
FILL = f"""
with open("big", "wb") as file:
    for _ in range({SMALL.workspace_mib + 8}):
        file.write(bytes(2**20))
os.remove("big")
"""
MANY_FILES = f"""
os.mkdir("many")
for number in range({SMALL.workspace_files + 1}):
    open(f"many/{{number}}", "w").close()
"""
DISARM = """
# The timer is a process of the same user: stopped, it never fires.
os.kill(os.getppid(), signal.SIGSTOP)
time.sleep(100)
"""
PTRACE = """
child = os.fork()
if child == 0:
    time.sleep(30)
    os._exit(0)
try:
    call(101, 16, child, 0, 0)  # PTRACE_ATTACH
    os.waitpid(child, 0)
    call(101, 17, child, 0, 0)  # PTRACE_DETACH
finally:
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
"""
READ_MEMORY_OF_A_CHILD = """
child = os.fork()
if child == 0:
    time.sleep(30)
    os._exit(0)
buffer = ctypes.create_string_buffer(b"original")
class Part(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]
part = Part(ctypes.addressof(buffer), 8)
try:
    call(310, child, ctypes.byref(part), 1, ctypes.byref(part), 1, 0)
finally:
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
"""
BLOCK_DEVICE = """
os.mknod("disk", 0o600 | 0o060000, os.makedev(8, 0))
os.remove("disk")
"""

RESOURCES: dict[str, Payload] = {
    "fork bomb": Payload(FORKS, refusals=("EAGAIN",)),
    "memory of many processes": Payload(MEMORY_OF_MANY, refusals=("ENOMEM",)),
    "full disk": Payload(FILL, refusals=("ENOSPC",)),
    "very many files": Payload(MANY_FILES, refusals=("ENOSPC",)),
}
SYSTEM_CALLS: dict[str, Payload] = {
    "vsock": Payload("socket.socket(40, socket.SOCK_STREAM).close()"),
    "io_uring": Payload("os.close(call(425, 1, ctypes.byref(ctypes.create_string_buffer(120))))"),
    "ptrace": Payload(PTRACE),
    "process_vm_readv": Payload(READ_MEMORY_OF_A_CHILD),
    "user namespace": Payload("call(272, 0x10000000)"),
    "network namespace": Payload("call(272, 0x40000000)"),
    "namespace by clone": Payload(
        "child = call(56, 0x10000011, 0, 0, 0, 0)\nif child == 0: os._exit(0)\nos.waitpid(child, 0)"
    ),
    "join a namespace": Payload(
        "call(308, os.open('/proc/self/ns/net', os.O_RDONLY), 0)", harmless=False
    ),
    "mount": Payload("call(165, b'none', b'/tmp', b'tmpfs', 0, None)", harmless=False),
    "unmount": Payload("call(166, b'/tmp', 2)", harmless=False),
    "pivot_root": Payload("call(155, b'/', b'/')", harmless=False),
    "chroot": Payload("call(161, b'/')"),
    "bpf": Payload("call(321, 0, 0, 0)", harmless=False),
    "perf_event_open": Payload("call(298, 0, 0, -1, -1, 0)", harmless=False),
    "keyctl": Payload("call(250, 0, -3, 0)"),
    "add_key": Payload("call(248, b'user', b'x', b'x', 1, -1)", harmless=False),
    "userfaultfd": Payload("call(323, 0)", harmless=False),
    "open_by_handle_at": Payload("call(304, 0, 0, 0)", harmless=False),
    "kexec_load": Payload("call(246, 0, 0, 0, 0)", harmless=False),
    "init_module": Payload("call(175, 0, 0, b'')", harmless=False),
    "personality": Payload("call(135, 0x0400000)", harmless=False),
    "block device": Payload(BLOCK_DEVICE),
    "become root": Payload("os.setuid(0)", refusals=("EPERM", "EINVAL")),  # EINVAL: there is none
}
"""Numbers are those of x86-64."""

DISARM_TIMER = Payload(DISARM)
CONNECT = """
import socket, sys
try:
    socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=5).close()
    print("attacked")
except ConnectionRefusedError:
    print("held ECONNREFUSED")
"""
"""To a server of the host."""
OPEN_FOR_WRITING = """
import os, sys
for path in sys.argv[1:]:
    try:
        os.close(os.open(path, os.O_WRONLY))
        print(path)
    except OSError:
        pass
"""
KERNEL_FILES = (
    "/proc/sys/kernel/core_pattern",
    "/proc/sysrq-trigger",
    "/proc/sys/vm/drop_caches",
    "/sys/kernel/uevent_helper",
    "/sys/fs/cgroup/memory/memory.limit_in_bytes",
    "/sys/fs/cgroup/memory/release_agent",
    "/sys/fs/cgroup/memory.max",
    "/sys/fs/cgroup/cgroup.procs",
    "/etc/passwd",
)
"""Ways from root in a container to the host, or past a limit; opened, never written."""
