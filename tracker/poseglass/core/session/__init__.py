"""A document on disk: one file, a journal beside it, and what a crash leaves."""
