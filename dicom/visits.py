"""Visits to the sandboxed process that reads untrusted files: the only way in which the rest of Harrison reads one.

    with open_file(file) as visit:
        description = visit.describe()
        copy = visit.deidentify(subject, output_file, boxes)

Each visit has a process of its own, which is forked before the file is known, can do nothing but read the files that
it is given, and is killed at the end. It parses the file once and decodes it once. As many visits run at a time as the
machine has cores; others wait. A slow file makes way for them after two seconds, so it delays only its own upload.
Every method either answers or raises `Unreadable` with a reason from `dicom.refusals.REASONS`: no file can crash, stall
or fill the process that calls them.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any, BinaryIO

from dicom import replies
from dicom.deidentification.manifest import Box
from dicom.deidentification.replacements import Subject
from dicom.description import Description
from dicom.limits import MIB
from dicom.refusals import Unreadable
from dicom.sandbox import messages
from dicom.sandbox.messages import Message
from dicom.sandbox.pool import Pool, Worker, shared_pool

TOO_COSTLY = "Cleaning this file takes more time or memory than one file may have, or breaks off."
MAX_THUMBNAIL_BYTES = MIB
Window = tuple[float, float]  # center and width


@dataclass(frozen=True)
class ResearchCopy:
    """The outcome of a de-identification.

    Attributes:
        state: "clean": the copy may be released. "quarantine": a person must check it first. "refused": there is none.
            "no_picture": there is none, because the pixels of the original cannot be shown.
        reasons: sentences that say why; none if clean.
        manifest: what was done, ready for JSON: see `dicom.deidentification.manifest.Manifest`. Besides it has `sha256`
            of the copy and `boxes`, the rectangles that were blacked out. None if refused.
        thumbnail: the copy's first frame, at most 256 pixels wide and high, as a PNG; b"" without one. It is drawn from
            the pixels of the copy, so it proves that the copy can be shown.
    """

    state: str
    reasons: tuple[str, ...]
    manifest: dict[str, Any] | None = None
    thumbnail: bytes = b""


class Visit:
    """One file in a process of its own. Not for use from several threads at once."""

    def __init__(self, worker: Worker, pool: Pool, descriptor: int) -> None:
        self.worker, self.limits = worker, pool.limits
        self.new_files = [descriptor]  # not handed over yet

    def describe(self) -> Description:
        """Check the file and decode its pixels, and return what it holds. Raises `Unreadable`.

        A sound DICOM file whose pixels cannot be shown has the reason in `Description.no_picture`.

        Files of more than `Limits.checked_pixels` (frames × rows × columns) are decoded at their first and last frame
        only. Takes at most `Limits.wall` seconds.
        """
        reply, _ = self._ask({"do": "describe"})
        if reply.keys() != {"description"} or not replies.is_description(reply["description"]):
            raise Unreadable("malformed")
        return Description.from_json(reply["description"])

    def draw(self, *, frame: int = 0, size: int | None = None, window: Window | None = None) -> bytes:
        """Draw one frame (0 is the first) as a PNG without metadata. Raises `Unreadable`.

        Args:
            size: the longest side in pixels, 1 to 4096. Images are made smaller, never larger.
            window: center and width in the units that the Modality LUT gives (Hounsfield units in CT). Without it, the
                file's own VOI LUT or window is used, else the range of the frame. Colour takes no window.
        """
        if window is not None and not all(map(isfinite, window)):  # JSON has no word for them
            raise Unreadable("bad_window")
        max_png = 2 * self.limits.drawn  # noise grows a little as a PNG
        reply, png = self._ask({"do": "draw", "frame": frame, "size": size, "window": window}, max_body=max_png)
        if reply or not replies.is_png(png):
            raise Unreadable("malformed")
        return png

    def deidentify(self, subject: Subject, output_file: BinaryIO, boxes: Sequence[Box] = ()) -> ResearchCopy:
        """Write a research copy into `output_file`, an empty file that is open for reading and writing.

        The process has ended when this returns, so nothing changes the copy any more, and its digest is computed here.
        It ends the visit: call it last. If the state is "refused", discard `output_file`, which may hold remains.
        A copy that takes too long or breaks off is refused, too. It takes at most `Limits.copy_wall` seconds.

        Raises:
            Unreadable: a box lies outside the image (`bad_box`), or no process is free (`busy`).
        """
        request, files = _copy_request(subject, boxes), [output_file.fileno()]
        try:
            reply, thumbnail = self._ask(request, files, seconds=self.limits.copy_wall, max_body=MAX_THUMBNAIL_BYTES)
            self.worker.end()
        except messages.Gone:
            return ResearchCopy("refused", (TOO_COSTLY,))
        except Unreadable as exc:
            if exc.code == "bad_box":
                raise
            return ResearchCopy("refused", (TOO_COSTLY if exc.code == "too_costly" else exc.sentence,))
        return _checked_copy(reply, thumbnail, output_file, boxes)

    def _ask(
        self, request: Mapping[str, object], files: Sequence[int] = (), seconds: float | None = None, max_body: int = 0
    ) -> Message:
        """Ask the worker. Raises `Unreadable`, `too_costly` if it breaks off or takes too long."""
        try:
            if self.new_files:
                self.worker.hand_over(self.new_files.pop())
            reply = self.worker.ask(request, files, seconds=seconds or self.limits.wall, max_body=max_body)
        except (messages.Gone, TimeoutError) as exc:
            raise Unreadable("too_costly") from exc
        if replies.is_refusal(reply[0]):
            raise Unreadable(reply[0]["refused"])
        return reply


def _copy_request(subject: Subject, boxes: Sequence[Box]) -> dict[str, object]:
    return {
        "do": "deidentify",
        "key": subject.secrets.key.hex(),
        "key_id": subject.secrets.key_id,
        "patient": subject.patient,
        "pseudonym": subject.pseudonym,
        "options": sorted(subject.options),
        "sex": subject.sex,
        "age": subject.age,
        "boxes": [asdict(box) for box in boxes],
    }


def _checked_copy(reply: dict[str, Any], thumbnail: bytes, output_file: BinaryIO, boxes: Sequence[Box]) -> ResearchCopy:
    if replies.is_refused_copy(reply):
        return ResearchCopy(reply["state"], tuple(reply["reasons"]))
    if not replies.is_kept_copy(reply) or (thumbnail and not replies.is_png(thumbnail)):
        return ResearchCopy("refused", (TOO_COSTLY,))
    output_file.seek(0)
    sha256 = hashlib.file_digest(output_file, "sha256").hexdigest()  # type: ignore[arg-type]  # any binary file will do
    manifest = reply["manifest"] | {"sha256": sha256, "boxes": [asdict(box) for box in boxes]}
    return ResearchCopy(reply["state"], tuple(reply["reasons"]), manifest, thumbnail)


@contextmanager
def open_file(file: BinaryIO, pool: Pool | None = None) -> Iterator[Visit]:
    """Begin a visit with a file that is open for reading alone; its position moves.

    Raises `Unreadable("busy")` if no process comes free within `Limits.queue` seconds.
    """
    pool = pool or shared_pool()
    with pool.worker() as worker:
        yield Visit(worker, pool, file.fileno())


def describe(file: BinaryIO) -> Description:
    """Describe a file in a visit of its own. Raises `Unreadable`."""
    with open_file(file) as visit:
        return visit.describe()


def draw(file: BinaryIO, *, frame: int = 0, size: int | None = None, window: Window | None = None) -> bytes:
    """Draw a file in a visit of its own. Raises `Unreadable`."""
    with open_file(file) as visit:
        return visit.draw(frame=frame, size=size, window=window)
