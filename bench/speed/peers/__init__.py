"""What chatcert is measured beside: other programs, and the limit."""
