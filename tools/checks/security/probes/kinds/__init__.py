"""The probes, one file per family of flaws; each yields what it observed."""

from collections.abc import Callable, Iterator

from tools.checks.security.probes.kinds.access import probe_access
from tools.checks.security.probes.kinds.amounts import probe_amounts
from tools.checks.security.probes.kinds.archives import probe_archives
from tools.checks.security.probes.kinds.assignment import probe_assignment
from tools.checks.security.probes.kinds.browser import probe_browser
from tools.checks.security.probes.kinds.enumeration import probe_enumeration
from tools.checks.security.probes.kinds.exposure import probe_exposure
from tools.checks.security.probes.kinds.injection import probe_injection
from tools.checks.security.probes.kinds.objects import probe_objects
from tools.checks.security.probes.kinds.outbound import probe_outbound
from tools.checks.security.probes.kinds.races import probe_races
from tools.checks.security.probes.kinds.sessions import probe_sessions
from tools.checks.security.probes.kinds.sizes import probe_sizes
from tools.checks.security.probes.kinds.tokens import probe_tokens
from tools.checks.security.probes.kinds.uploads import probe_uploads
from tools.checks.security.probes.kinds.xml import probe_xml
from tools.checks.security.probes.world import Observed, World

Probe = Callable[[World], Iterator[Observed]]

PROBES: tuple[Probe, ...] = (
    probe_access,
    probe_objects,
    probe_exposure,
    probe_assignment,
    probe_tokens,
    probe_browser,
    probe_injection,
    probe_outbound,
    probe_xml,
    probe_uploads,
    probe_archives,
    probe_amounts,
    probe_sizes,
    probe_races,
    probe_enumeration,
    probe_sessions,
)
"""In an order in which the later ones may spoil what the earlier ones need."""
