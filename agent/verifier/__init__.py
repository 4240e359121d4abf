"""Decides, from outside, whether a tree is the backend that its frozen Blueprint describes."""
