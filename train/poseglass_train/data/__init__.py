"""Labelled people: reading data sets, dividing them, and packing them for training."""
