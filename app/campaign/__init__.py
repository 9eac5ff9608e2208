"""Campaigns against ourselves: damage, fuzz, kills, and the drill of the incident that made us.

An operator's tool, not part of a server. MUST judge from outside: what is checked is what was
stored and what clients were told, never what the server says of itself.
"""
