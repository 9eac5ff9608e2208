"""The world, and what it found."""
