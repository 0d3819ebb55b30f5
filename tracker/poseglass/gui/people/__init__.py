"""Who is in the video: the list of people, what is done with them, and what happened to them."""
