"""Tests of the stored format; ``golden`` says how its corpus grows."""
