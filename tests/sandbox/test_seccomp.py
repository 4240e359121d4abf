"""The filter, run by a small machine of classic BPF, decides as the profile is written."""

import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.base import SandboxStartError
from sandbox.container import SECCOMP
from sandbox.jail.seccomp import ALLOW, AUDIT_ARCH, ERRNO, KILL_PROCESS, SYSCALLS, compile_filter

PROFILE = SECCOMP.read_text()
NUMBERS: dict[str, dict[str, int]] = json.loads(SYSCALLS.read_text())
NAMED = {name for rule in json.loads(PROFILE)["syscalls"] for name in rule["names"]}
PROGRAMS = {machine: compile_filter(PROFILE, machine) for machine in AUDIT_ARCH}
CONDITIONAL = {"socket", "clone", "clone3"}
ENOSYS, EPERM = 38, 1


def decide(machine: str, number: int, *arguments: int, arch: int | None = None) -> int:
    """What the kernel would do with a call."""
    padded = (*arguments, *[0] * (6 - len(arguments)))
    token = AUDIT_ARCH[machine] if arch is None else arch
    call = struct.pack("=IIQ6Q", number, token, 0, *padded)
    program = list(struct.iter_unpack("=HBBI", PROGRAMS[machine]))
    at = value = 0
    while True:
        code, if_true, if_false, operand = program[at]
        at += 1
        match code:
            case 0x20:
                value = struct.unpack_from("=I", call, operand)[0]
            case 0x54:
                value &= operand
            case 0x15:
                at += if_true if value == operand else if_false
            case 0x06:
                return int(operand)


@pytest.mark.parametrize("machine", AUDIT_ARCH)
def test_every_call_is_decided_as_written(machine: str) -> None:
    allowed = {NUMBERS[machine][name] for name in NAMED - CONDITIONAL if name in NUMBERS[machine]}
    for number in range(600):
        if number in {NUMBERS[machine][name] for name in CONDITIONAL}:
            continue
        expected = ALLOW if number in allowed else ERRNO | EPERM
        assert decide(machine, number) == expected, number


@pytest.mark.parametrize("machine", AUDIT_ARCH)
@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("socket", (1,), ALLOW),
        ("socket", (2,), ALLOW),
        ("socket", (10, 5), ALLOW),
        ("socket", (16,), ALLOW),
        ("socket", (40,), ERRNO | EPERM),
        ("socket", (17,), ERRNO | EPERM),
        ("socket", (2 | 1 << 32,), ERRNO | EPERM),
        ("clone", (0x01200011,), ALLOW),
        ("clone", (0x10000000,), ERRNO | EPERM),
        ("clone", (0x00020000,), ERRNO | EPERM),
        ("clone", (0x40000000 | 1 << 40,), ERRNO | EPERM),
        ("clone3", (), ERRNO | ENOSYS),
    ],
)
def test_arguments_are_looked_at(
    machine: str, name: str, arguments: tuple[int, ...], expected: int
) -> None:
    assert decide(machine, NUMBERS[machine][name], *arguments) == expected


def test_the_calls_of_another_architecture_are_the_end() -> None:
    assert decide("x86_64", 39, arch=0x40000003) == KILL_PROCESS
    assert decide("x86_64", 39 | 0x40000000) == ERRNO | EPERM, "the x32 numbers"


@given(flags=st.integers(0, 2**64 - 1))
def test_no_flags_make_a_namespace(flags: int) -> None:
    makes_one = bool(flags & 0x7E020000)
    verdict = decide("x86_64", NUMBERS["x86_64"]["clone"], flags)
    assert verdict == (ERRNO | EPERM if makes_one else ALLOW)


def test_an_unknown_machine_is_refused() -> None:
    with pytest.raises(SandboxStartError, match="x86_64 and aarch64"):
        compile_filter(PROFILE, "riscv64")
