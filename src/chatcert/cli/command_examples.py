"""What the help of each command shows as examples."""

from __future__ import annotations

import argparse
from typing import Final

EXAMPLES: Final = {
    "certify": (
        "chatcert certify polyai --profile quick",
        "chatcert certify sigmamind --url https://host/api",
        "chatcert certify --spec openapi.yaml --url http://127.0.0.1:8000",
        "chatcert certify polyai --only 'auth/*' --plan",
    ),
    "report": ("chatcert report reports", "chatcert report reports/polyai"),
    "replay": (
        "chatcert replay reports/polyai auth/X-TOKEN/missing",
        "chatcert replay reports/polyai request/json/garbage --url http://127.0.0.1:8000 --format json",
    ),
    "clean-up": ("chatcert clean-up reports/polyai", "chatcert clean-up reports/polyai --url http://127.0.0.1:8000"),
    "merge": ("chatcert merge shard-1 shard-2 --report-dir reports",),
    "mock": (
        "chatcert mock agencii --port 8765",
        "chatcert mock agencii --fault agencii/fault/request/json/garbage --env-file agencii.env",
    ),
    "add": ("chatcert add acme openapi.yaml", "chatcert add acme openapi.yaml --operation 'POST /chats'"),
    "drift": ("chatcert drift polyai new.yaml", "chatcert drift polyai new.yaml --format markdown"),
    "compare": (
        "chatcert compare last-night/polyai reports/polyai",
        "chatcert compare last-night/polyai reports/polyai --format json",
    ),
    "keygen": ("chatcert keygen --out chatcert.key",),
    "sign": ("chatcert sign reports/polyai --key auditor.key",),
    "verify": ("chatcert verify reports", "chatcert verify reports/polyai --key chatcert.key.pub"),
    "register": ("chatcert register verify --help", "chatcert register list --help"),
    "waivers": ("chatcert waivers draft reports/polyai",),
    "waivers draft": (
        "chatcert waivers draft reports/polyai",
        "chatcert waivers draft reports/polyai --format json",
    ),
    "nightly": ("chatcert nightly matrix --help", "chatcert nightly rehearse --help"),
    "nightly matrix": ("chatcert nightly matrix --vendors agencii,polyai --shards 2",),
    "nightly shard": ("chatcert nightly shard --leg mock=agencii --shard 1/2 --profile quick",),
    "nightly merge": ("chatcert nightly merge --leg mock=agencii --shards 2",),
    "nightly issues": (
        """chatcert nightly issues --dry-run --legs '{"include": [{"leg": "mock=agencii", "vendor": "agencii"}]}'""",
    ),
    "nightly rehearse": (
        "chatcert nightly rehearse --vendors polyai --shards 3",
        "chatcert nightly rehearse --targets-file targets.toml",
    ),
    "requirements": ("chatcert requirements sigmamind", "chatcert requirements sigmamind --format json"),
    "rules": ("chatcert rules agencii --rules rules.py",),
    "faults": ("chatcert faults agencii", "chatcert faults agencii --manners"),
    "vendors": ("chatcert vendors", "chatcert vendors --format json"),
}
"""Command lines that work as they stand, where reports and files have these names."""


def add_examples(parser: argparse.ArgumentParser) -> None:
    """Show examples in the help of a command and of each of its steps."""
    parser.epilog = with_examples(parser.prog.partition(" ")[2], parser.epilog)
    for action in parser._actions:  # noqa: SLF001  argparse has no other way to its steps
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            for step in action.choices.values():
                add_examples(step)


def with_examples(command: str, epilog: str | None) -> str:
    """Return what a command says below its options, with its examples added where it has none of its own."""
    text = epilog or ""
    if "example" in text.lower() or command not in EXAMPLES:
        return text
    lines = "\n".join(f"  {line}" for line in EXAMPLES[command])
    return f"{text}\n\nexamples:\n{lines}".lstrip("\n")
