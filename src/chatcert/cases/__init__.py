"""From requirements to cases: which requests put each one to the test. Pure."""
