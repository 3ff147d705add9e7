"""Revisions of the two databases: each file is one step, never changed once released."""
