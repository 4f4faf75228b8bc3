"""Mishaps: what happens to a run that is not a fault of the server, such as a key that expires."""
