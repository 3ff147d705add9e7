"""The embedded ledger: one anvil, made durable by a journal and kept in order by a gate (one machine).

- `launcher.start_ledger` runs it as a child process; `commands.run` and `commands.check` are what the CLI calls.
- A block is shown to nobody before its record is on the disk: journaled = final.
- Crash-only: every failure ends the process, and the start is the recovery.
"""
