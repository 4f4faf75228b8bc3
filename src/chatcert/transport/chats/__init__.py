"""The chats that a run creates: counted, found again, and removed."""
