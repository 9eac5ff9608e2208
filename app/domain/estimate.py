"""How long the k-th in line waits: quantiles of the sum of k independent exponential times.

With ``places`` conversations served at once, each taking ``handle_ms`` on average, a place comes
free after an exponential time of mean handle_ms / places, and the k-th in line needs k of them: an
Erlang(k) distribution, exact in the M/M/n queue (Erlang 1917; Cooper 1981, section 3.5). MUST NOT
say 0 where nothing is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, lgamma, log, sqrt

HANDLED_MIN = 5
"""Below this many handled conversations their mean says nothing."""
WILSON_HILFERTY_FROM = 100
"""Above this many steps the approximation is within 0.1 %."""
_Z = {0.5: 0.0, 0.9: 1.2815515655446004}


@dataclass(slots=True, frozen=True)
class Estimate:
    """Half of those in this place wait at most ``p50_ms``, nine of ten at most ``p90_ms``."""

    p50_ms: int
    p90_ms: int


def estimate(place: int, places_on: float, handle_ms: float, handled: int) -> Estimate | None:
    """For the one at ``place`` (from 1); None without data or anybody who serves."""
    if handled < HANDLED_MIN or places_on <= 0 or handle_ms <= 0 or place < 1:
        return None
    step_ms = handle_ms / places_on
    return Estimate(*(max(1, round(step_ms * erlang_quantile(place, p))) for p in (0.5, 0.9)))


def erlang_quantile(k: int, p: float) -> float:
    """The ``p`` (0.5 or 0.9) quantile of an Erlang(k) time whose steps have mean 1.

    Starts where Wilson and Hilferty (1931) say, and bisects where that is not good enough.
    """
    guess = max(k * (1 - 1 / (9 * k) + _Z[p] / (3 * sqrt(k))) ** 3, 1e-3)
    if k > WILSON_HILFERTY_FROM:
        return guess
    low, high = guess / 2, guess * 2
    while _erlang_cdf(k, low) > p:
        low /= 2
    while _erlang_cdf(k, high) < p:
        high *= 2
    while high - low > 1e-6 * high:
        middle = (low + high) / 2
        if _erlang_cdf(k, middle) < p:
            low = middle
        else:
            high = middle
    return high


def _erlang_cdf(k: int, x: float) -> float:
    """The share of Erlang(k) times up to x: the regularised lower incomplete gamma function.

    By its power series below k + 1 and by its continued fraction above (Press et al., Numerical
    Recipes, section 6.2).
    """
    scale = exp(k * log(x) - x - lgamma(k))
    if x < k + 1:
        term = total = 1 / k
        n = float(k)
        while term > total * 1e-12:
            n += 1
            term *= x / n
            total += term
        return scale * total
    tiny = 1e-300
    b = x + 1 - k
    c, d = 1 / tiny, 1 / b
    fraction = d
    step, i = 0.0, 0
    while abs(step - 1) > 1e-12:
        i += 1
        a = -i * (i - k)
        b += 2
        d = a * d + b
        d = 1 / (d if abs(d) > tiny else tiny)
        c = b + a / c
        c = c if abs(c) > tiny else tiny
        step = d * c
        fraction *= step
    return 1 - scale * fraction
