"""The command line: one module a command, with its parser and its action."""
