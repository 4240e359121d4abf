"""The profile of system calls as the program that the kernel runs (seccomp(2), classic BPF).

Docker takes `seccomp.json` as it is; bubblewrap takes what this makes of it.
"""

import json
import struct
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TypedDict

from sandbox.base import SandboxStartError

SYSCALLS = Path(__file__).with_name("syscalls.json")
"""Machine -> name -> number, from libseccomp 2.5.4 and the kernel's tables."""
AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
"""linux/audit.h"""

LOAD, AND, JUMP_IF_EQUAL, RETURN = 0x20, 0x54, 0x15, 0x06
"""BPF_LD|BPF_W|BPF_ABS, BPF_ALU|BPF_AND|BPF_K, BPF_JMP|BPF_JEQ|BPF_K, BPF_RET|BPF_K"""
ALLOW, ERRNO, KILL_PROCESS = 0x7FFF0000, 0x00050000, 0x80000000
EPERM = 1
NUMBER_AT, ARCH_AT, ARGUMENTS_AT = 0, 4, 16
"""Offsets in `struct seccomp_data`; an argument has 8 bytes, its low half first."""

Instruction = tuple[int, int, int, int]
"""Code, where to jump when true and when false (instructions to skip), operand."""


class Condition(TypedDict):
    """What an argument has to be, with the names of the profile."""

    index: int
    value: int
    valueTwo: int
    op: str


class Rule(TypedDict, total=False):
    """One entry of the profile."""

    names: list[str]
    action: str
    errnoRet: int
    args: list[Condition]


def compile_filter(profile: str, machine: str) -> bytes:
    """The program for that profile: everything that no rule allows fails with EPERM.

    Args:
        profile: JSON of the part of Docker's format that `seccomp.json` uses.
        machine: as `platform.machine()` has it.

    Raises:
        SandboxStartError: a machine whose system calls are not known.
    """
    if machine not in AUDIT_ARCH:
        known = " and ".join(AUDIT_ARCH)
        raise SandboxStartError(f"bubblewrap can filter the system calls of {known} only")
    numbers: dict[str, int] = json.loads(SYSCALLS.read_text(encoding="utf-8"))[machine]
    rules: list[Rule] = json.loads(profile)["syscalls"]
    program = [
        (LOAD, 0, 0, ARCH_AT),
        (JUMP_IF_EQUAL, 1, 0, AUDIT_ARCH[machine]),
        (RETURN, 0, 0, KILL_PROCESS),
        (LOAD, 0, 0, NUMBER_AT),
        *chain.from_iterable(_rule(rule, numbers) for rule in rules),
        (RETURN, 0, 0, ERRNO | EPERM),
    ]
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in program)


def _rule(rule: Rule, numbers: dict[str, int]) -> Iterator[Instruction]:
    """Falls through, with the call's number loaded, when the rule does not apply."""
    allowed = rule["action"] == "SCMP_ACT_ALLOW"
    verdict = (RETURN, 0, 0, ALLOW if allowed else ERRNO | rule.get("errnoRet", EPERM))
    body = [*_conditions(rule.get("args", [])), verdict, (LOAD, 0, 0, NUMBER_AT)]
    if not rule.get("args"):
        body = [verdict]
    for name in rule["names"]:
        if name in numbers:  # not every machine has every call
            yield (JUMP_IF_EQUAL, 0, len(body), numbers[name])
            yield from body


def _conditions(conditions: list[Condition]) -> list[Instruction]:
    """Jumps to the second last instruction of the rule, past the verdict, when one fails."""
    tests: list[Instruction] = []
    for condition in conditions:
        masked = condition["op"] == "SCMP_CMP_MASKED_EQ"
        mask = condition["value"] if masked else 2**64 - 1
        value = condition["valueTwo"] if masked else condition["value"]
        for half in (0, 1):
            part, wanted = (number >> 32 * half & 0xFFFFFFFF for number in (mask, value))
            if part:
                at = ARGUMENTS_AT + 8 * condition["index"] + 4 * half
                tests += [(LOAD, 0, 0, at), (AND, 0, 0, part), (JUMP_IF_EQUAL, 0, 0, wanted)]
    return [
        (code, 0, len(tests) - at if code == JUMP_IF_EQUAL else 0, operand)
        for at, (code, _, _, operand) in enumerate(tests)
    ]
