"""What the application does, without a window: no module here knows Qt."""
