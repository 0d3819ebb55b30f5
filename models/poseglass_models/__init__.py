"""The pose networks: architecture, codec, crops, checkpoints, and the weights that ship."""
