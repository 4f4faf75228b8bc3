"""A night: every target certified in shards, merged, compared with the night before, and reported to the right people."""
