"""Imported once by the process that workers are forked from; what it holds they share."""

import gc

import agent.backend_agent
import agent.intake
import evals.trial
import tools.components
from agent.report.page import report_environment

__all__ = ["agent", "evals", "tools"]

report_environment().get_template("run.html.j2")  # compiles it
gc.freeze()  # else the first collection in each worker would copy every page
