"""Slices of the campaigns, and proof that their judges are not blind."""
