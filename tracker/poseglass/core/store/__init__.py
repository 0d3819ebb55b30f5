"""What is known of a video's people: results, corrections, and every step back. The only owner of results."""
