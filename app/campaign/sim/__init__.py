"""The world: whole nodes on a virtual clock, and all that can go wrong around them, by one seed.

What runs is the product: router, engine, committer, hub, sessions, watchdog, follower, auditor and
the sockets' own code. What is played is the rest: clocks, store, network, processes, people. MUST
judge by the log and by what was sent, never by the server's word. The rule that keeps it right: one
seed is one history, byte for byte.
"""

from app.campaign.sim.campaign import Total, campaign
from app.campaign.sim.runs import Outcome, play
from app.campaign.sim.sometimes import never

__all__ = ["Outcome", "Total", "campaign", "never", "play"]
