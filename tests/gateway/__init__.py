"""Gateways: what holds the sockets in a process of its own."""
