"""The frame around the features: the window, its middle, and what stands at its edges."""
