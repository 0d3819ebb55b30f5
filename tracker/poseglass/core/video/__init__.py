"""Video files, exact to the frame: reading, showing on request, writing."""
