"""How the networks are made: data sets, augmentation, recipes, the training loop, evaluation."""
