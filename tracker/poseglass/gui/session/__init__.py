"""Sessions: opening, saving, what a crash left."""
