"""Tests of the Python clients: pure parts, scripted servers for faults, and the real server."""
