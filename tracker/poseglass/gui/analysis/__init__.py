"""From video to numbers and out again: analyses and exports."""
