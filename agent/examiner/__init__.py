"""Acceptance tests by a call that never sees the code, and the disputes about tests."""
