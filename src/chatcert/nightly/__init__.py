"""A night: every target certified in shards, merged, compared with the night before, and told to the right people."""
