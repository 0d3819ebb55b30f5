"""From labelled people to trained weights: recipes, the loop, checkpoints, ablations."""
