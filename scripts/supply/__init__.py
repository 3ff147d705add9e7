"""What the product is made of, as the lock files say: listed (sbom.py) and audited (audit.py)."""
