"""From specification and overlay to contract and catalogue. Pure but for reading the files that it is given."""
