"""Where the client meets the outside: HTTP, JSON-RPC, files."""
