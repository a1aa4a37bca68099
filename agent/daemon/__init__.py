"""The background service, its private socket, and its clients."""
