"""Where the people of a frame are, and who is who."""
