"""How long a wait may be expected: p50 and p90 of the k-th in line, or a word why nobody can say.

Model: ``places_on`` conversations are held at once, each for ``mean_handle_ms`` on average, so a
place comes free at the rate places / handling time, and the k-th in line waits for k of them:
Erlang(k, rate). Exact for M/M/n with everybody busy; for other handling times a fair guess that is
wide rather than narrow. MUST NOT know the engine, and MUST NOT say 0 for "unknown".
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

HANDLED_MIN = 5
"""With fewer conversations handled the mean says nothing."""
EXACT_MAX = 200
"""Beyond this shape the start of the search is itself good to a few hundredths of a percent."""
PRECISION = 1e-13
STEPS_MAX = 200
TERMS_MAX = 100_000
TINY = 1e-300


class Unknown(StrEnum):
    """Why there is no estimate."""

    CLOSED = "closed"
    PAUSED = "paused"
    NOBODY_ON = "nobody_on"
    STALLED = "stalled"
    NO_DATA = "no_data"


@dataclass(slots=True, frozen=True)
class Estimate:
    """Half of those in this place are answered within ``p50_ms``, nine of ten within ``p90_ms``."""

    p50_ms: int
    p90_ms: int


def estimate(place: int, places_on: float, mean_handle_ms: float, handled: int) -> Estimate | None:
    """For the one at ``place`` (from 1) in line; None: unknown, see ``why_unknown``.

    ``places_on``: conversations that those on can hold at once (see ``shares``);
    ``mean_handle_ms``: over the ``handled`` last ones, wrap-up included. Raises ValueError for a
    place below 1.
    """
    if place < 1:
        raise ValueError(f"places in line count from 1, not {place}")
    if why_unknown(places_on, mean_handle_ms, handled) is not None:
        return None
    every_ms = mean_handle_ms / places_on
    p50_ms, p90_ms = (every_ms * erlang_quantile(place, share) for share in (0.5, 0.9))
    return Estimate(max(1, round(p50_ms)), max(1, round(p90_ms)))


def why_unknown(
    places_on: float,
    mean_handle_ms: float,
    handled: int,
    *,
    closed: bool = False,
    paused: bool = False,
    stalled: bool = False,
) -> Unknown | None:
    """Why nobody can say, the gravest reason first; None: ``estimate`` has an answer.

    ``stalled``: somebody could be offered one and is not, so no rate means anything.
    """
    if closed:
        return Unknown.CLOSED
    if paused:
        return Unknown.PAUSED
    if not places_on > 0:
        return Unknown.NOBODY_ON
    if stalled:
        return Unknown.STALLED
    known = mean_handle_ms > 0 and handled >= HANDLED_MIN
    return None if known else Unknown.NO_DATA


def shares(
    agents: Iterable[tuple[float, Collection[str]]], waiting: Mapping[str, int]
) -> dict[str, float]:
    """Places on per queue: each agent's places, divided among the queues that want them.

    ``agents``: (places, queues served) of those on; ``waiting`` {queue: how many}. An agent of n
    queues where somebody waits counts 1/n for each (Google CCAI); for a queue where nobody waits
    yet, as he would when somebody came.
    """
    found: dict[str, float] = {}
    for places, queues in agents:
        busy = sum(waiting.get(queue, 0) > 0 for queue in queues)
        for queue in queues:
            wanted = busy if waiting.get(queue, 0) > 0 else busy + 1
            found[queue] = found.get(queue, 0.0) + places / wanted
    return found


def erlang_quantile(shape: int, share: float) -> float:
    """The time within which ``shape`` events of rate 1 have come, with probability ``share``.

    Newton's steps inside a bracket that only shrinks, from the cube-root normal start of Wilson and
    Hilferty. Raises ValueError unless 0 < share < 1 and shape >= 1.
    """
    if shape < 1 or not 0 < share < 1:
        raise ValueError(f"no quantile {share} of shape {shape}")
    ninth = 1 / (9 * shape)
    root = 1 - ninth + _normal_quantile(share) * math.sqrt(ninth)
    time = shape * max(root, 0.01) ** 3
    if shape > EXACT_MAX:
        return time
    low, high = 0.0, math.inf
    for _ in range(STEPS_MAX):
        missing = share - erlang_share(shape, time)
        low, high = (time, high) if missing > 0 else (low, time)
        step = missing / max(_density(shape, time), TINY)
        following = time + step
        if not low <= following <= high:
            following = (low + high) / 2 if high < math.inf else 2 * time
        done = abs(following - time) <= PRECISION * time or following in (low, high)
        time = following
        if done:
            break
    return time


def erlang_share(shape: int, time: float) -> float:
    """The probability that ``shape`` events of rate 1 have come by ``time``: the regularised lower
    incomplete gamma function.
    """
    if time <= 0:
        return 0.0
    scale = math.exp(shape * math.log(time) - time - math.lgamma(shape))
    if time < shape + 1:
        return scale * _series(shape, time)
    return 1 - scale * _fraction(shape, time)


def _series(shape: int, time: float) -> float:
    term = total = 1 / shape
    for number in range(shape + 1, shape + TERMS_MAX):
        term *= time / number
        total += term
        if term < total * PRECISION / 100:
            break
    return total


def _fraction(shape: int, time: float) -> float:
    """Lentz's way through the continued fraction of the upper function."""
    below = time + 1 - shape
    numerator = 1 / TINY
    denominator = 1 / below
    value = denominator
    for number in range(1, TERMS_MAX):
        factor = number * (shape - number)
        below += 2
        denominator = 1 / _not_zero(factor * denominator + below)
        numerator = _not_zero(below + factor / numerator)
        change = numerator * denominator
        value *= change
        if abs(change - 1) < PRECISION / 100:
            break
    return value


def _not_zero(number: float) -> float:
    return number if abs(number) > TINY else TINY


def _density(shape: int, time: float) -> float:
    return math.exp((shape - 1) * math.log(time) - time - math.lgamma(shape))


def _normal_quantile(share: float) -> float:
    """Good to 0.00045 (Hastings; Abramowitz and Stegun 26.2.23)."""
    tail = math.sqrt(-2 * math.log(min(share, 1 - share)))
    above = 2.515517 + tail * (0.802853 + tail * 0.010328)
    below = 1 + tail * (1.432788 + tail * (0.189269 + tail * 0.001308))
    return math.copysign(tail - above / below, share - 0.5)
