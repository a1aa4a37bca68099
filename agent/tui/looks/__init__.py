"""What panes show, found by the engine's thread and handed over as plain values. Nothing here knows Textual."""
