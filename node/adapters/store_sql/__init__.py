"""All SQL of the node, in one place: SQLAlchemy Core, portable; SQLite in WAL mode by default."""
