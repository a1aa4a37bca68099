"""The written training text, one file an area; read by `nearhand.models.written`."""
