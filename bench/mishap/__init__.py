"""Mishaps: what happens to a run that is no fault of the server, such as a key that expires."""
