"""Two releases of the program on one store."""
