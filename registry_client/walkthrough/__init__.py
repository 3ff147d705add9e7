"""The whole story on a running system: real keys, transactions and verdicts, each compared with the expected one.

`python -m registry_client.walkthrough --profile FILE` is what `make run` calls.
"""
