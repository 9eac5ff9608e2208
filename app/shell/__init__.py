"""Runs the rules: one writer per workspace, what leaves it, and who listens.

MUST NOT know Redis, HTTP or the environment; everything it needs of the world comes through
``app.ports``.
"""
