"""The clients of a soak: each has its own keys and things on the ledger, so that it knows what must be there."""
