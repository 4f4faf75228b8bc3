"""From exchanges to verdicts. Pure: no HTTP, no pytest, no clock."""
