"""Boundary values of Schemathesis for bundled documents: written by ``bench/boundaries.py``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

REVIEWED: Final[Mapping[str, Mapping[str, Sequence[Any]]]] = {
    "ef367cad8075f08ed7f038c56af88271 00f640a0ca3666cb2a3ad889ce881985": {
        "/required": [{}],
    },
    "c17e4647af22fab8b92537031384d52a b2d0d2926902aa1f98ebf7b36f6c313a": {
        "/required": [{"folder_id": None}],
    },
    "21072fc9f90962068428127cfdee2f5f ab280228288aedf9c6d455f97ee76d74": {
        "/properties/channel/enum": ["AAA"],
    },
    "e642238e91f872729a3a620175f1585f c269d0f09c835952413f13da6d72b1aa": {
        "/required": [
            {
                "input": "When will my parcel arrive?",
                "dynamicVariables": {"customer_name": "Michael"},
                "previousChatId": "chat_D5D0p7TUs66TTAEAx",
            },
            {
                "agentId": "D5D0p7TUs66TTAEAx",
                "dynamicVariables": {"customer_name": "Michael"},
                "previousChatId": "chat_D5D0p7TUs66TTAEAx",
            },
        ],
        "/properties/agentId/maxLength": ["0" * 65],
        "/properties/agentId/minLength": [""],
        "/properties/input/maxLength": ["0" * 20481],
        "/properties/input/minLength": [""],
        "/properties/previousChatId/maxLength": ["0" * 129],
    },
}
