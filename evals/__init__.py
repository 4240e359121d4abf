"""Measures the product: benchmarks now, suites of cases later."""
