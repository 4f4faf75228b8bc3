"""A night: every target is certified in shards, merged, compared with the night before, and reported."""
