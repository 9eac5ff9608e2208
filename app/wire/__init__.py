"""Frames and bodies of the public protocol, both directions: bytes become domain words, and back.

MUST NOT touch asyncio, the store or the web framework, and MUST NOT decide: what cannot be read is
refused here, what may not happen is refused by the engine.
"""
