"""Settings of tests about something else than security: probing costs half a minute a verdict."""

from agent.settings import VerifierSettings

UNPROBED = VerifierSettings(security_probes=False)
