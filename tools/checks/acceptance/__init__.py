"""The trusted acceptance suite: black-box tests that a frozen Blueprint implies, over HTTP."""
