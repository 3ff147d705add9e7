"""The steps of a verification, one file a step; `registry_client.verifier` puts them in order.

Each is a flow that returns its Step, or raises the error that ends the step. Bad news in a block not final yet makes a
step undetermined (pending) at once, and failed when it is final.
"""
