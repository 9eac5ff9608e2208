"""Interlock: a self-hosted offer server."""
