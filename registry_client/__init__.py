"""Client of the Mapae registry: resolve DIDs, check accreditation and status, verify credentials; trust no server."""
