"""The Blueprint: the one typed description of a backend, and what is done with it."""
