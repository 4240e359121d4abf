"""Other agents, each run by an interpreter that has it: they are told apart from our own code."""
