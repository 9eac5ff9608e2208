"""Attacks, and what an operator relies on to keep them out."""
