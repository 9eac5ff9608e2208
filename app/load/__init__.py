"""The load tool: many agents and arriving conversations from outside, measured and checked.

Speaks the public protocol only and MUST NOT import the server: its own server is a process started
by command line. The rule: what it says of the server is worth as much as its own clock, so it
measures itself beside the server and says when it was the one that was slow.
"""
