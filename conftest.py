"""Wires the project's pytest plugin; everything else is in src/chatcert/pytest_plugin.py."""
