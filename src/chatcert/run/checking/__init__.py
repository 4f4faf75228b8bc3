"""What checks a finished report: its files, its plan and its verdicts, derived again."""
