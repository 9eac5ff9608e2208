"""The real engine on a virtual clock: what a day would have been with other people or other rules.

Takes recorded or generated conversations, lets ``app.domain`` decide every offer, and counts. MUST
NOT decide who serves whom, and MUST NOT know a real clock, a socket or a store. The rule: the same
scenario and the same seed give the same events, to the last one.
"""
