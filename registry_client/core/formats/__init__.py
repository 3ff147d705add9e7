"""One file a format: bytes in, a `Presentation` out; and the way back for those who issue and hold."""
