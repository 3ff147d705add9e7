"""Published status lists: what an agency signs so that anybody can check a credential with software of their own."""
