"""The attacks: what each tries, what stops it, and the tests that say so.

A test is named as below tests/, `[case]` narrows it to the parameters with that text in their id.
A control shows that the attack works where the defense is missing.
"""

from dataclasses import dataclass

CONTRACT = "sandbox/test_contract_process.py"
FILES = "sandbox/test_contract_files.py"
PAYLOADS = "sandbox/attacks/test_payloads.py"
HOST = "sandbox/attacks/test_host_files.py"
GIT = "sandbox/attacks/test_git.py"
ARCHIVE = "sandbox/test_archive.py"
WORKSPACE = "sandbox/test_workspace.py"
GATE = "agent/verifier/test_project_tests.py"
VERIFY = "agent/verifier/test_verify.py"
CALL = f"{PAYLOADS}::test_a_system_call_is_refused"
UNPROTECTED = f"{PAYLOADS}::test_it_succeeds_without_a_sandbox"
TRICK = f"{GATE}::test_no_trick_passes"
FOOLED = f"{GATE}::test_the_trick_fools_whoever_asks_pytest"


@dataclass(frozen=True)
class Row:
    """One attack. Numbers are those of the list that the sandbox was designed against."""

    number: int
    attack: str
    defense: str
    tests: tuple[str, ...]
    controls: tuple[str, ...] = ()
    no_control: str = ""
    """Why there is none, on some backend or for some user at least."""


def forged(number: int, attack: str, *tricks: str) -> Row:
    """A trick that makes failing tests of the project look passed."""
    return Row(
        number,
        attack,
        "exit code, report and source must agree, and planted failures must be seen; the verdict "
        "itself comes from another machine",
        tuple(f"{TRICK}[{trick}]" for trick in tricks),
        tuple(f"{FOOLED}[{trick}]" for trick in tricks),
    )


def refused(number: int, attack: str, calls: tuple[str, ...], controls: tuple[str, ...]) -> Row:
    """System calls that the profile does not allow."""
    return Row(
        number,
        attack,
        "own list of allowed system calls, no capabilities",
        tuple(f"{CALL}[{call}]" for call in calls),
        tuple(f"{UNPROTECTED}[{call}]" for call in controls),
    )


ROWS = (
    Row(
        1,
        "fork bomb",
        "limit of processes; stopped by killing the machine from outside",
        (
            f"{PAYLOADS}::test_a_resource_has_a_limit[fork bomb]",
            f"{CONTRACT}::test_a_fork_bomb_stops_at_the_limit",
        ),
        (f"{UNPROTECTED}[fork bomb]",),
    ),
    Row(
        2,
        "memory bomb, in one process and in many",
        "limit of memory for all of them, swap included; reported as such, not as a failed test",
        (
            f"{PAYLOADS}::test_more_memory_than_it_has_is_no_test_failure",
            f"{PAYLOADS}::test_a_resource_has_a_limit[memory of many processes]",
        ),
        (
            f"{PAYLOADS}::test_that_memory_is_there_without_a_sandbox",
            f"{UNPROTECTED}[memory of many processes]",
        ),
    ),
    Row(
        3,
        "full disk",
        "read-only root, and a size for every folder that can be written",
        (
            f"{CONTRACT}::test_a_full_disk_is_the_machines_alone",
            f"{PAYLOADS}::test_a_resource_has_a_limit[full disk]",
        ),
        (f"{UNPROTECTED}[full disk]",),
    ),
    Row(
        4,
        "very many files",
        "a number of files for every folder, and for what is copied out",
        (
            f"{PAYLOADS}::test_a_resource_has_a_limit[very many files]",
            f"{FILES}::test_hostile_files_are_refused_quickly[very many files]",
        ),
        (f"{UNPROTECTED}[very many files]",),
    ),
    Row(
        5,
        "endless loop",
        "deadline of the host that kills the machine",
        (f"{CONTRACT}::test_the_deadline_kills_the_machine[plain loop]",),
        no_control="an endless loop ends nowhere by itself",
    ),
    Row(
        6,
        "a timer in the machine is stopped",
        "the deadline is the host's",
        (
            f"{PAYLOADS}::test_a_stopped_timer_does_not_stop_the_deadline",
            f"{CONTRACT}::test_the_deadline_kills_the_machine[stops every other process]",
        ),
        (f"{PAYLOADS}::test_that_timer_fires_when_nobody_stops_it",),
    ),
    Row(
        7,
        "a daemon outlives the tests and rewrites their report",
        "results that decide are read in another machine, when all of the code is dead",
        (
            f"{CONTRACT}::test_the_deadline_kills_the_machine[new session]",
            f"{TRICK}[a daemon rewrites the report]",
        ),
        (f"{GATE}::test_output_and_report_fool_whoever_reads_them",),
    ),
    Row(
        8,
        "kill -9 -1",
        "a machine that died is noticed and replaced",
        (
            f"{CONTRACT}::test_killing_everything_loses_the_machine",
            "sandbox/test_session.py::test_a_machine_found_gone_is_replaced_and_the_command_repeated",
        ),
        no_control="everything of this user would die",
    ),
    Row(
        9,
        "endless output",
        "head and tail are kept, the machine is killed at a limit",
        (f"{CONTRACT}::test_endless_output_is_stopped_in_bounded_memory",),
        (f"{PAYLOADS}::test_a_naive_capture_keeps_every_byte",),
    ),
    Row(
        10,
        "flood of the container's log",
        "no log is kept of what the machine's first process says",
        (
            f"{HOST}::test_the_engine_keeps_no_log_of_a_container",
            f"{HOST}::test_a_flood_of_the_first_process_goes_nowhere",
        ),
        (f"{HOST}::test_a_plain_container_floods_the_hosts_log",),
        "only an engine keeps such a log",
    ),
    Row(
        11,
        "zombies",
        "a first process that reaps",
        (f"{CONTRACT}::test_orphans_are_reaped",),
        (f"{PAYLOADS}::test_zombies_stay_where_nobody_reaps",),
    ),
    Row(
        12,
        "sparse file of 900 GiB, deep paths, line feeds and escapes in names",
        "apparent sizes, depth, number and characters are checked before anything is written",
        (f"{FILES}::test_hostile_files_are_refused_quickly",),
        (f"{HOST}::test_a_naive_copy_of_a_sparse_file_is_all_of_it",),
    ),
    Row(
        13,
        "network: internet, names, metadata address, the host's own servers",
        "no network but a loopback of its own",
        (
            f"{CONTRACT}::test_there_is_no_network",
            f"{PAYLOADS}::test_a_server_of_the_host_is_out_of_reach",
        ),
        (f"{PAYLOADS}::test_that_server_is_in_reach_without_a_sandbox",),
    ),
    refused(14, "AF_VSOCK, the way from a guest to its hypervisor", ("vsock",), ("vsock",)),
    refused(15, "io_uring", ("io_uring",), ("io_uring",)),
    refused(
        16,
        "ptrace and process_vm_* of a sibling",
        ("ptrace", "process_vm_readv"),
        ("ptrace", "process_vm_readv"),
    ),
    refused(
        17,
        "namespaces, mount, bpf, perf, keys, userfaultfd, devices, root, kexec, modules",
        (
            *("user namespace", "network namespace", "namespace by clone", "join a namespace"),
            *("mount", "unmount", "pivot_root", "chroot", "bpf", "perf_event_open", "keyctl"),
            *("add_key", "userfaultfd", "open_by_handle_at", "kexec_load", "init_module"),
            *("personality", "block device", "become root"),
        ),
        ("user namespace", "network namespace", "namespace by clone", "chroot", "keyctl"),
    ),
    Row(
        18,
        "writes to the kernel's settings, to limits and to the system",
        "read-only root, no capabilities",
        (
            f"{PAYLOADS}::test_files_of_the_kernel_cannot_be_written",
            f"{CONTRACT}::test_only_its_own_folders_can_be_written",
        ),
        (f"{PAYLOADS}::test_root_can_write_them_without_a_sandbox",),
        "only root could write them",
    ),
    Row(
        19,
        "secrets of the host",
        "an environment of its own, no mount of the host; secrets reach the model client only",
        (
            f"{CONTRACT}::test_secrets_of_the_host_stay_there",
            "agent/test_secrets.py::test_a_whole_run_shows_no_secret",
        ),
        (
            f"{PAYLOADS}::test_a_naive_harness_hands_its_environment_on",
            "agent/test_secrets.py::test_the_search_finds_what_is_there",
        ),
    ),
    Row(
        20,
        "a program that runs as its owner",
        "nosuid inside; outside only bytes arrive, modes are our own",
        (f"{HOST}::test_a_program_that_runs_as_its_owner_does_not_come_out",),
        (f"{HOST}::test_a_naive_extraction_writes_beside_and_keeps_the_bit",),
    ),
    Row(
        23,
        "a link in place of a result",
        "regular files only, no link is followed",
        (
            f"{FILES}::test_hostile_files_are_refused_quickly[link]",
            f"{WORKSPACE}::test_nothing_goes_through_a_link",
        ),
        (f"{HOST}::test_a_naive_read_follows_the_link",),
    ),
    Row(
        24,
        "paths that lead out: .., absolute, NUL, .git, through linked folders",
        "one function checks every path, for reading and writing",
        (
            f"{HOST}::test_no_path_leads_out",
            f"{WORKSPACE}::test_a_checked_path_stays_inside_and_is_stable",
            f"{FILES}::test_a_path_outside_the_workspace_is_refused",
        ),
        (f"{HOST}::test_a_naive_check_of_the_path_lets_it_out",),
    ),
    Row(
        25,
        "a pipe, socket or device in place of a file",
        "regular files only",
        (
            f"{FILES}::test_hostile_files_are_refused_quickly[FIFO]",
            f"{HOST}::test_a_pipe_in_the_workspace_is_no_file",
        ),
        (f"{HOST}::test_a_naive_read_of_a_pipe_never_returns",),
    ),
    Row(
        26,
        "a hostile archive",
        "read by hand: regular files with proper names, sizes known beforehand",
        (
            f"{ARCHIVE}::test_anything_but_regular_files_is_refused",
            f"{ARCHIVE}::test_noise_never_yields_files",
        ),
        (f"{HOST}::test_a_naive_extraction_writes_beside_and_keeps_the_bit",),
    ),
    Row(
        27,
        "files that the engine's own copy loses",
        "tar through a command, checked to its end",
        (
            f"{FILES}::test_files_come_back_as_they_went_in",
            f"{FILES}::test_a_copy_that_is_cut_off_is_lost_not_partial",
        ),
        (f"{HOST}::test_the_engines_own_copy_loses_files",),
        "only an engine has such a copy",
    ),
    Row(
        28,
        "git as a weapon: hooks, filters, fsmonitor, editors, submodules, addresses",
        "git never looks at the workspace; its configuration, hooks and transports are ours",
        (
            f"{GIT}::test_nothing_in_a_workspace_runs",
            f"{GIT}::test_nothing_in_the_users_repository_runs",
        ),
        (f"{GIT}::test_the_bait_bites_whoever_uses_git_plainly",),
    ),
    Row(
        29,
        "a nested repository whose files are silently not committed",
        "`.git` at any depth never comes out and is never recorded",
        (
            f"{FILES}::test_git_folders_inside_are_not_returned",
            f"{GIT}::test_nothing_in_a_workspace_runs[nested repository]",
        ),
        (f"{GIT}::test_plain_git_leaves_its_files_out",),
    ),
    Row(
        30,
        "delivered files that tools start by themselves",
        "named in the result, so that its reader looks first",
        ("agent/test_self_starting.py::test_files_that_start_by_themselves_are_named",),
        no_control="they are files like any other until somebody's tool starts them",
    ),
    forged(31, "conftest reports failed tests as passed", "conftest reports passed"),
    forged(32, "conftest sets the exit code", "conftest sets the exit code"),
    forged(33, "conftest ends the process", "conftest exits at once"),
    forged(
        34, "conftest runs, skips or deselects", "conftest runs nothing", "skipped", "deselects"
    ),
    forged(35, "settings of pytest", "settings collect nothing", "settings load a plugin"),
    forged(36, "a module named pytest", "another pytest"),
    forged(37, "a module that Python loads by itself", "a module that Python loads by itself"),
    Row(
        38,
        "user site and modules of the current folder",
        "Python itself does not load them; the verifier's folder is its own",
        (
            "agent/verifier/test_suite.py::test_the_suite_carries_the_frozen_blueprint_and_nothing_of_the_workspace",
        ),
        no_control="Python holds it alone (measured)",
    ),
    forged(39, "a test ends the process", "exits at once"),
    forged(40, "a handler rewrites the report at the end", "rewrites the report at the end"),
    forged(41, "the application patches the test runner", "application patches the runner"),
    Row(
        42,
        "assertions weakened, replaced or deleted",
        "the acceptance tests are the harness's own and run in another machine",
        (
            f"{VERIFY}::test_tests_that_prove_nothing_do_not_hide_a_fault",
            f"{TRICK}[deleted]",
            f"{VERIFY}::test_an_app_that_does_nothing_meets_nothing",
        ),
        no_control="the first test is its own: the project's tests pass, the verdict does not",
    ),
    Row(
        43,
        "escape sequences, bidirectional and invisible characters",
        "taken out of all that a person or a model sees",
        (
            "tools/test_sanitize.py::test_clean_text",
            "agent/test_secrets.py::test_no_escape_reaches_a_terminal",
        ),
        ("agent/test_secrets.py::test_the_escapes_are_in_the_journal",),
    ),
    Row(
        44,
        "instructions in the spec, in a schema or in tool output",
        "what a tool may do is code; no tool reaches the host, its network or another branch",
        ("agent/test_injection.py::test_a_model_that_obeys_every_injection_gains_nothing",),
        ("agent/test_injection.py::test_the_same_words_work_on_a_shell_of_the_host",),
    ),
    Row(
        45,
        "a summary of pytest printed by a test",
        "output is never read for a verdict",
        (f"{TRICK}[prints another summary]",),
        (f"{GATE}::test_output_and_report_fool_whoever_reads_them",),
    ),
)
NOTES = frozenset({21, 22})
"""Numbers of the list that are no attacks."""
