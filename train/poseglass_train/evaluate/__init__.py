"""Scores by published protocols, and what else tells how good a network is."""
