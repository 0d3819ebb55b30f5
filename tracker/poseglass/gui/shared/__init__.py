"""What the features of the window share: the document, what is chosen, actions, docks, slow work."""
