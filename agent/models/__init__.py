"""Who answers: one file an adapter, and what adapters share."""
