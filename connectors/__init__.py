"""What Nearhand knows of the world: the actions it can take and the places it takes them in."""
