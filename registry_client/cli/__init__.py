"""The command line `mapae`: thin commands over the library, one file a noun."""
