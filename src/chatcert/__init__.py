"""Contract certification for create-chat HTTP APIs."""

__version__ = "0.2.0.dev0"
