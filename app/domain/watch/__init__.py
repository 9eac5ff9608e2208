"""What can be wrong with a workspace although every command was carried out: the watchdog's rules.

Plain looks at the state that trust no index and change nothing; who confirms, repairs and tells is
the runner outside. Sources: the causes of stalls that other systems met, each with a bound; BullMQ
(mark, then confirm), OTP (a budget of repairs, then a person).
"""

from app.domain.watch.diagnosis import diagnosis
from app.domain.watch.findings import Cause, Finding
from app.domain.watch.look import Look
from app.domain.watch.marks import Marks

__all__ = ["Cause", "Finding", "Look", "Marks", "diagnosis"]
