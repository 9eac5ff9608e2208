"""The loop whose clock jumps, for tests of in-memory parts; campaigns run on it too."""

from app.campaign.virtual_time import EPOCH_MS, JumpingLoop, LoopClock, elapse

__all__ = ["EPOCH_MS", "JumpingLoop", "LoopClock", "elapse"]
