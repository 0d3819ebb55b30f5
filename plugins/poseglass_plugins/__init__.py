"""The plugins that come with Poseglass, each one file, through the same door as a stranger's."""
