"""Where untrusted code runs: throw-away machines without a network."""
