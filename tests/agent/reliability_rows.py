"""Rows of docs/reliability.md that are no table of a test: each names the test that shows it."""

from collections.abc import Callable
from typing import Any, NamedTuple

from agent import stuck
from tests.agent import (
    test_attempts,
    test_backend_agent,
    test_budget,
    test_compaction,
    test_crash,
    test_crash_product,
    test_faults,
    test_loop,
    test_real_disk,
    test_stuck,
    test_tracing,
)
from tests.agent.cli import test_runs
from tests.agent.models import test_langchain, test_openai
from tests.tools import test_observations


class Shown(NamedTuple):
    """A row: what happens, what comes of it, and the test that shows it."""

    what: str
    outcome: str
    test: Callable[..., Any]


DISKS = (
    Shown(
        "a disk that is really full, at six sizes",
        "the process ends with the disk's or git's own words; resumed, the same end",
        test_real_disk.test_a_full_disk_ends_the_process_and_loses_nothing,
    ),
    Shown(
        "a disk that is really read-only",
        "the process ends with the disk's own words; resumed, the same end",
        test_real_disk.test_a_read_only_disk_ends_the_process_and_loses_nothing,
    ),
    Shown(
        "disk full, read-only or broken at an fsync, rename or git command",
        "the process ends with the disk's own words; resumed, the same end",
        test_crash.test_a_disk_that_refuses_ends_the_process_and_loses_nothing,
    ),
    Shown(
        "disk full in the middle of a journal line",
        "the torn line is dropped; resumed, the same end",
        test_crash.test_a_disk_that_fills_up_in_the_middle_of_a_line,
    ),
    Shown(
        "journal damaged in its middle",
        "refused with the line's number, and how to save the lines before it; those resume",
        test_crash.test_damage_in_the_middle_says_what_can_be_saved_and_that_works,
    ),
    Shown(
        "the same, at the command line",
        "`show` and `resume` say it, `list` shows the run as `damaged` and the others as they are",
        test_runs.test_a_damaged_journal_says_which_line_and_what_can_be_saved,
    ),
    Shown(
        "two processes on one run",
        "the second is refused; the lock dies with the first",
        test_crash.test_a_second_process_on_the_same_run_is_refused,
    ),
    Shown(
        "the same, at the command line",
        "`resume` says that another process works on it, with exit code 2; `show` works",
        test_runs.test_a_run_that_another_process_works_on_is_not_resumed,
    ),
    Shown(
        "killed before the run's first event",
        "the same task id begins anew in what was left",
        test_crash.test_killed_while_it_is_begun_the_same_task_begins_anew,
    ),
    Shown(
        "a builtin run killed anywhere, machines played",
        "asked for the same task id, it goes on to the same end",
        test_crash_product.test_a_killed_builtin_run_is_finished_by_asking_again,
    ),
    Shown(
        "killed around git's commit-tree, update-ref and fetch",
        "one commit, one branch, the same ids",
        test_crash.test_killed_around_a_git_command,
    ),
    Shown(
        "git killed while it held a lock",
        "the lock in the run's own repository is removed",
        test_crash.test_a_lock_that_a_killed_git_left_is_in_nobodys_way,
    ),
    Shown(
        "clock set forward, back, or to and fro",
        "no difference: time spent is counted on the monotonic clock, pauses between processes "
        "are not counted",
        test_crash.test_a_clock_that_is_set_makes_no_difference,
    ),
)
BUDGETS = (
    Shown(
        "tokens, input and output",
        "reserved before each call and `max_tokens` capped by what is left; overshot by the reply "
        "in flight at most",
        test_budget.test_tokens_are_overshot_by_the_reply_in_flight_at_most,
    ),
    Shown(
        "the same, a model that keeps to the cap",
        "never overshot",
        test_budget.test_tokens_are_never_overshot_by_a_model_that_keeps_to_the_cap,
    ),
    Shown(
        "dollars",
        "overshot by the reply in flight at most; refused at the start when the price is unknown",
        test_budget.test_dollars_are_overshot_by_the_reply_in_flight_at_most,
    ),
    Shown("steps", "never overshot", test_budget.test_steps_are_never_overshot),
    Shown(
        "wall clock",
        "cuts the call in flight",
        test_faults.test_the_wall_clock_ends_a_call_in_flight,
    ),
    Shown(
        "any limit",
        "the run ends `budget_*` before the call that would pass it, with its work kept",
        test_loop.test_a_limit_ends_the_run_before_the_call_that_would_pass_it,
    ),
    Shown(
        "what is missing then",
        "the result lists the requirements without proof; `resume` with more goes on",
        test_backend_agent.test_a_run_that_ran_out_of_steps_goes_on_with_more,
    ),
    Shown(
        "several attempts",
        "the first verified one wins, all share one budget",
        test_attempts.test_whole_runs_until_one_is_verified,
    ),
    Shown(
        "attempts of a process that was lost",
        "what ended is not run again",
        test_attempts.test_attempts_go_on_where_a_lost_process_left_them,
    ),
)
CONTEXT = (
    Shown(
        "300 steps with large observations",
        "every request fits the window",
        test_compaction.test_three_hundred_steps_stay_under_the_window,
    ),
    Shown(
        "between two shortenings",
        "messages are only appended, so that a provider's cache holds",
        test_compaction.test_between_compactions_the_prefix_stays_as_it_is,
    ),
    Shown(
        "a shortening",
        "keeps the task, its requirements, what is open, and the list of files",
        test_compaction.test_the_summary_keeps_what_is_needed,
    ),
    Shown(
        "calls and their results",
        "are never parted",
        test_compaction.test_every_call_is_in_the_summary_or_in_the_conversation,
    ),
    Shown(
        "a provider that finds the request too long",
        "shortened once, sent again; still too long, the run ends with the remedy",
        test_compaction.test_what_is_still_too_long_after_shortening_ends_the_run,
    ),
    Shown(
        "a resumed run",
        "has the same conversation",
        test_compaction.test_a_resumed_run_has_the_same_conversation,
    ),
    Shown(
        "a long observation",
        "head and tail; the whole is in a file that the model can read",
        test_observations.test_the_model_reads_the_rest_with_read_file,
    ),
    Shown(
        "cached tokens",
        "are reported",
        test_openai.test_reads_text_calls_and_usage,
    ),
    Shown(
        "a provider that caches what it is told to (Anthropic)",
        "is told to",
        test_langchain.test_anthropic_is_told_to_cache_the_others_are_not,
    ),
    Shown(
        "one step of a run",
        "`show RUN --step N` prints all that the model saw and did",
        test_runs.test_show_of_one_step_is_all_that_the_model_saw_and_did,
    ),
    Shown(
        "OpenTelemetry, where it is installed",
        "spans by the GenAI conventions, without a word of the task's text",
        test_tracing.test_a_task_is_traced_without_a_word_of_its_text,
    ),
    Shown(
        "OpenTelemetry, where it is not",
        "nothing",
        test_tracing.test_without_the_package_nothing_happens,
    ),
)
CIRCLE = test_stuck.test_a_circle_is_named_once_and_then_ends_the_run
CIRCLES = (
    Shown("the same call with the same observation", f"{stuck.SAME_CALLS} in a row", CIRCLE),
    Shown(
        "two calls in turns, both with the same observation",
        f"{stuck.ALTERNATING_CALLS} calls",
        CIRCLE,
    ),
    Shown("one tool failing with the same words", f"{stuck.SAME_ERRORS} in a row", CIRCLE),
    Shown("calls that all failed", f"{stuck.FAILING_CALLS} in a row", CIRCLE),
    Shown("the same tests failing after changes", f"{stuck.SAME_TEST_RUNS} test runs", CIRCLE),
    Shown(
        "verdicts that find the same after changes",
        f"{stuck.SAME_VERDICTS} verdicts",
        test_stuck.test_verdicts_that_find_the_same_after_each_change_are_a_circle,
    ),
    Shown(
        "text without a call",
        "each reply is answered; `no_action` in the end",
        test_loop.test_bad_replies_in_a_row_never_end_as_success,
    ),
)
