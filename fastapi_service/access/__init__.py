"""Who may speak, and how many."""
