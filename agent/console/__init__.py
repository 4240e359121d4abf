"""What a person watching a run sees: readers of its event stream."""
