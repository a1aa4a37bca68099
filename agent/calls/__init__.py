"""From the steps of a plan to calls for the connectors."""
