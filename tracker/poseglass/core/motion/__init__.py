"""What positions over time tell: smoothed paths, speeds, angles, curves."""
