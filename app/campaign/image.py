"""What a store holds of one workspace, as plain bytes: taken, damaged, and put into any store.

MUST NOT know what the bytes mean. ``write_memory`` puts an image in place of what is
there, past every fence, as only damage does.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from app.adapters.memory import MemoryDisk
from app.adapters.memory.disk import MemoryWorkspace
from app.campaign.history import History
from app.codec.chain import seal_batch
from app.codec.envelope import NO_RECORD
from app.codec.snapshot import Snapshot, write_snapshot
from app.ports import START, Position, Record
from app.shell.journal import Journal
from app.shell.rebuilding import log_key, snapshot_key

VAULT = {"cookies": bytes(range(32))}
SNAPSHOT_AFTER = (5, 9)
ROUNDS = 12
TAKEOVER_AFTER = 7


@dataclass(slots=True)
class Image:
    """``last``: where the log says that it ends; ``end``, ``epoch``: what its owner record says."""

    workspace: str
    entries: list[tuple[Position, Record]] = field(default_factory=list)
    last: Position = START
    end: Position = START
    epoch: int = 0
    snapshots: dict[Position, list[Record]] = field(default_factory=dict)
    vault: dict[str, bytes] = field(default_factory=lambda: dict(VAULT))

    def copy(self) -> Image:
        """One to be damaged."""
        return Image(
            self.workspace,
            list(self.entries),
            self.last,
            self.end,
            self.epoch,
            {at: list(chunks) for at, chunks in self.snapshots.items()},
            dict(self.vault),
        )


def lived_in(workspace: str, *, trimmed: bool = False) -> tuple[Image, int]:
    """A workspace after some rounds under two owners, with two snapshots; and the time there.

    ``trimmed``: of the log only what the older snapshot does not hold.
    """
    history = History(workspace)
    image, journal = Image(workspace), Journal()
    prev, written = NO_RECORD, 0
    history.begin()
    for number in range(1, ROUNDS + 1):
        history.round()
        if number == TAKEOVER_AFTER:
            prev, written = _write(image, journal, history, prev, written)
            history.own(2)
        prev, written = _write(image, journal, history, prev, written)
        if number in SNAPSHOT_AFTER:
            state = history.engine.state
            snapshot = Snapshot(
                workspace, str(image.last), prev, journal.count, state, journal.places
            )
            key = snapshot_key(workspace, image.last)
            image.snapshots[image.last] = write_snapshot(key, snapshot)[0]
    if trimmed:
        oldest = min(image.snapshots)
        image.entries = [entry for entry in image.entries if entry[0] >= oldest]
    return image, history.now


def _write(
    image: Image, journal: Journal, history: History, prev: bytes, written: int
) -> tuple[bytes, int]:
    """Store what happened since."""
    events = history.events[written:]
    epoch = history.engine.state.epoch
    records, prev = seal_batch(image.workspace, log_key(image.workspace), prev, events)
    first = image.last.n + 1 if image.last.epoch == epoch else 0
    for n, (event, record) in enumerate(zip(events, records, strict=True), first):
        image.entries.append((Position(epoch, n), record))
        journal.note(event, Position(epoch, n))
    image.last = image.end = image.entries[-1][0]
    image.epoch = epoch
    return prev, len(history.events)


def write_memory(disk: MemoryDisk, image: Image) -> None:
    """Make the disk hold this and nothing else of the workspace."""
    disk.workspaces[image.workspace] = MemoryWorkspace(
        places=[place for place, _ in image.entries],
        entries=dict(image.entries),
        last=image.last if image.last != START else None,
        born=True,
        end=image.end,
        epoch=image.epoch,
        snapshots={at: tuple(chunks) for at, chunks in image.snapshots.items()},
        vault=dict(image.vault),
    )


def read_memory(disk: MemoryDisk, workspace: str) -> Image:
    """What the disk holds of the workspace now."""
    kept = disk.workspace(workspace)
    return Image(
        workspace,
        [(place, kept.entries[place]) for place in kept.places],
        kept.last or START,
        kept.end,
        kept.epoch,
        {at: list(chunks) for at, chunks in kept.snapshots.items()},
        dict(kept.vault),
    )


def replace_memory(disk: MemoryDisk, image: Image) -> None:
    """Damage a workspace under its living owner: what is stored changes, its ownership does not."""
    kept, place = disk.workspace(image.workspace), MemoryDisk()
    write_memory(place, image)
    new = place.workspace(image.workspace)
    kept.places, kept.entries, kept.last = new.places, new.entries, new.last
    kept.snapshots, kept.vault = new.snapshots, new.vault
