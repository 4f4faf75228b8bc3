"""Requests that serve several cases at once, because their variations do not exclude each other."""
