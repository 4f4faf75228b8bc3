"""Contract certification for create-chat HTTP APIs."""

__version__ = "0.1.0"
