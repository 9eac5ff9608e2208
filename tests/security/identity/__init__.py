"""Attacks on who may do what."""
