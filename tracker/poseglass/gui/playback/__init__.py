"""Where the video stands and how it moves: frames, player, scrub bar, buttons."""
