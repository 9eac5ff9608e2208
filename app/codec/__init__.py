"""What is stored: an envelope that describes itself, versioned bodies, and the chain of a log."""
