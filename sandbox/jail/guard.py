"""Runs on the host beside one machine: makes what bwrap cannot, and sees to the machine's end.

The input begins with what to do (`Order`). The machine is killed when the input ends,
which it does when the harness dies in whatever way, or when its time is up; nothing inside can
reach this process. Root becomes a user of its own for the machine first, one that owns nothing.

Standalone, started as a script for each machine; hence only modules of the standard library that
load fast: `pathlib`, `json`, `socket` and the like would double what a start costs.
"""

from __future__ import annotations

import ctypes
import marshal
import os
import resource
import select
import signal
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

    from sandbox.jail.order import Order

NEW_NAMESPACE, NEW_USER, NEW_NETWORK = 0x00020000, 0x10000000, 0x40000000
"""CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWNET (unshare(2))"""
NOSUID, NODEV, NOEXEC, PRIVATE_ALL = 2, 4, 8, 0x4000 | 1 << 18
"""MS_* (mount(2)); the last is MS_REC | MS_PRIVATE"""
DUMPABLE = (4, 1)
"""prctl PR_SET_DUMPABLE: without it a process that changed its user cannot map users."""
INTERNET, DATAGRAM = 2, 2
"""AF_INET, SOCK_DGRAM (socket(2))"""
SET_FLAGS, UP = 0x8914, 1
"""SIOCSIFFLAGS, IFF_UP (netdevice(7))"""
LOOPBACK_UP = b"lo".ljust(16, b"\0") + UP.to_bytes(2, sys.byteorder) + bytes(22)
"""struct ifreq: a name and flags, of which the kernel takes only those that may be set."""


libc = ctypes.CDLL(None, use_errno=True)


def check(result: int, what: str) -> None:
    """Turn a failed call of the C library into an OSError."""
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")


def write(path: str, text: str) -> None:
    """Write a file of the kernel's."""
    with open(path, "w") as file:
        file.write(text)


def become_machine(order: Order) -> None:
    """Leave everything of the host behind, then become bwrap."""
    for group in order["cgroups"]:
        write(f"{group}/cgroup.procs", "0")
    for name, value in order["rlimits"].items():
        resource.setrlimit(getattr(resource, name), (value, value))
    if order["user"] is not None:
        os.setgroups([])
        os.setresgid(order["user"], order["user"], order["user"])
        os.setresuid(order["user"], order["user"], order["user"])
        libc.prctl(*DUMPABLE, 0, 0, 0)
    if order["neighbor"] is None:
        leave_network()
    else:
        join_network(order["neighbor"])
    check(libc.mount(b"none", b"/", None, PRIVATE_ALL, None), "mount private")
    for name, (options, execution) in order["tmpfs"].items():
        flags = NOSUID | NODEV | (NOEXEC if execution == "noexec" else 0)
        target = f"{order['folder']}/{name}".encode()
        check(libc.mount(b"tmpfs", target, b"tmpfs", flags, options.encode()), f"mount {name}")
    os.execv(order["argv"][0], order["argv"])  # noqa: S606 - that is the point


def leave_network() -> None:
    """New namespaces of users, mounts and network; only loopback is there."""
    user, group = os.geteuid(), os.getegid()
    check(libc.unshare(NEW_USER | NEW_NAMESPACE | NEW_NETWORK), "unshare")
    write("/proc/self/setgroups", "deny")
    write("/proc/self/uid_map", f"0 {user} 1")
    write("/proc/self/gid_map", f"0 {group} 1")
    any_socket = libc.socket(INTERNET, DATAGRAM, 0)
    check(libc.ioctl(any_socket, SET_FLAGS, LOOPBACK_UP), "loopback")
    os.close(any_socket)


def join_network(neighbor: int) -> None:
    """The neighbor's namespaces of users and network, and mounts of its own."""
    spaces = f"/proc/{neighbor}/ns"
    with open(f"{spaces}/user") as users, open(f"{spaces}/net") as network:
        check(libc.setns(users.fileno(), NEW_USER), "join users")
        check(libc.setns(network.fileno(), NEW_NETWORK), "join network")
    check(libc.unshare(NEW_NAMESPACE), "unshare")


def enter_machine(order: Order, info_fd: int) -> NoReturn:
    """In a child: become the machine, or say why not."""
    try:
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 0)
        os.dup2(null, 1)
        bwrap, *options = order["argv"]
        order["argv"] = [bwrap, "--info-fd", str(info_fd), *options]
        become_machine(order)
    except OSError as exc:
        sys.stderr.write(f"{exc}\n")
        sys.stderr.flush()
    os._exit(1)


def first_process(info_fd: int) -> int | None:
    """A descriptor of the machine's process 1; None when bwrap could not make one."""
    with os.fdopen(info_fd) as info:
        number = info.read().partition('"child-pid":')[2].partition(",")[0].strip(" \n}")
    return os.pidfd_open(int(number)) if number else None


class Ended(Exception):
    """Somebody asked for the machine's end."""


def end(*_: object) -> NoReturn:
    """The answer to SIGTERM."""
    raise Ended


def wait_for_the_end(first: int, ttl_s: float) -> None:
    """Return when the machine has ended, the harness is gone, or the time is up."""
    poll = select.poll()
    poll.register(first, select.POLLIN)
    poll.register(0, select.POLLIN)
    poll.poll(ttl_s * 1000)


def kill(first: int) -> None:
    """Kill process 1, and with it all others; return when all are gone."""
    signal.pidfd_send_signal(first, signal.SIGKILL)
    poll = select.poll()
    poll.register(first, select.POLLIN)
    poll.poll()


def clean_up(order: Order) -> None:
    """Remove what was made for the machine."""
    for group in order["cgroups"]:
        os.rmdir(group)
    folder = order["folder"]
    try:
        for entry in list(os.scandir(folder)):
            (os.rmdir if entry.is_dir() else os.unlink)(entry.path)
        os.rmdir(folder)
    except OSError:  # the harness was just labeling it; whoever reaps the run removes it
        pass


def main() -> None:
    """Start the machine, say which process it is, wait, kill."""
    order: Order = marshal.load(sys.stdin.buffer)  # noqa: S302 - from the harness
    os.set_inheritable(order["lock_fd"], False)
    info_fd, child_info_fd = os.pipe()
    os.set_inheritable(child_info_fd, True)
    machine = os.fork()
    if machine == 0:
        enter_machine(order, child_info_fd)
    for fd in (child_info_fd, *order["machine_fds"]):
        os.close(fd)
    signal.signal(signal.SIGTERM, end)
    try:
        first = first_process(info_fd)
        if first is not None:
            sys.stdout.write(f"{machine}\n")
            sys.stdout.flush()
            try:
                wait_for_the_end(first, order["ttl_s"])
            except Ended:
                pass
            kill(first)
    except (Ended, ProcessLookupError):
        pass
    os.waitpid(machine, 0)
    clean_up(order)


if __name__ == "__main__":
    main()
