"""What lies over the panes for a moment: search, settings, first steps, jumping."""
