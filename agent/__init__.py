"""What Nearhand knows of the person: policy, approval, journal, undo and the front ends."""
