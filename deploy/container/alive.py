"""Tell a container's engine whether the node in it works: exit code 0 or 1, and one line.

- `api` and `all` answer HTTP: `/health/live`. A node that is not *ready* still answers reads, and a restart heals
  nothing that /health/ready names: that is for the load balancer and for people.
- `worker` serves no HTTP: its log grows or its process is there. What it is there for is seen by the api processes
  as the age of the index (alert MapaeIndexOld).
"""

import os
import sys
import urllib.error
import urllib.request
from pathlib import Path


def api_lives(port: str) -> bool:
    """Ask this container's own port."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/live", timeout=4) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.HTTPError):
        return False


def node_runs(processes: Path = Path("/proc")) -> bool:
    """Look for `mapae-node` among the processes, this one apart."""
    for folder in processes.glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if int(folder.name) != os.getpid() and any(word.endswith(b"mapae-node") for word in words[:2]):
            return True
    return False


def main() -> int:
    """Look once."""
    role = os.environ.get("MAPAE_ROLE", "all")
    is_alive = node_runs() if role == "worker" else api_lives(os.environ.get("MAPAE_PORT", "8700"))
    print(f"{role}: {'alive' if is_alive else 'does not answer'}")
    return 0 if is_alive else 1


if __name__ == "__main__":
    sys.exit(main())
