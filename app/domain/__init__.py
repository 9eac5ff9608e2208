"""The rules of offering, as plain data and functions.

MUST NOT touch a clock, randomness, I/O, a codec or any other package of the application: time, ids
and random picks arrive as arguments, so replaying the log gives the identical state.
"""
