"""What a run writes down while it lasts: its ledger, the folder that it is in, and one ledger out of several."""
