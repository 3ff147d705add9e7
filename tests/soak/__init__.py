"""`make soak`: a real system under load of every kind, with faults all the time; at the end all is accounted for.

- `system.py` runs ledger, fault proxy and node as processes; `faults.py` breaks them; `players/` are the clients.
- `journal.py` holds what was asked and what was answered, durable before the next step; `checks/` compares it, the
  node, the index, a rebuilt index and the chain with each other; `report.py` says what came of it.
"""
