"""The one door to servers: allow-list, wire, ledger."""
