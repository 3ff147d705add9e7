"""HTTP: routers one a noun, problems, wire shapes; the resolver stands beside, without a framework."""
