"""config.toml: what may stand in it, read, checked and written."""
