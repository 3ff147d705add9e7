"""What people do with the registry, one file a noun: build the operations, sign them, send them, wait for the effect.

The command line and the walk-through both call these; nothing here prints, asks or knows a language.
"""
