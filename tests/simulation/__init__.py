"""The simulation, and through it the real engine, held to truths that nobody here wrote."""
