"""Benchmarks: each prints one JSON line, last, with ratios taken side by side in one run."""
