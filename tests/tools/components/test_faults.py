"""Generated tests see faults: one of them a day; all by `make faults-components`."""

from datetime import UTC, datetime

import pytest

from sandbox.docker import DockerProvider
from tests.tools.components.faults import PLANTED
from tests.tools.components.planting import FAILED, open_bench
from tools.components import emit_backend


def test_each_fault_has_a_place_and_a_name_of_its_own() -> None:
    assert len({fault.name for fault in PLANTED}) == len(PLANTED) >= 60
    files = {fault.backend.name: emit_backend(fault.backend) for fault in PLANTED}
    lost = [f.name for f in PLANTED if f.right not in files[f.backend.name][f.path]]
    assert lost == []


def test_the_failing_test_is_read() -> None:
    output = "F\nFAILED tests/a/test_b.py::test_c[x-1] - AssertionError\n1 failed in 1s\n"
    assert FAILED.findall(output) == ["tests/a/test_b.py::test_c"]


@pytest.mark.docker
def test_the_fault_of_the_day_is_found(docker_provider: DockerProvider) -> None:
    fault = PLANTED[datetime.now(UTC).toordinal() % len(PLANTED)]
    with open_bench(docker_provider, fault.backend) as bench:
        assert bench.try_fault(fault) is not None, fault.name
