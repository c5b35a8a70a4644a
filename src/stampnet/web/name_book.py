"""The names of a run's classes, in names.yaml, with a way back."""

from pathlib import Path

from stampnet.errors import InputError
from stampnet.naming import Names, check_names
from stampnet.training.run_folder import NAMES, load_names, save_names

MOST_STEPS = 200
"""Changes that can be taken back."""


class NameBook:
    """Reads the file whenever it is asked, for `stampnet name` may have changed it."""

    def __init__(self, run: Path, num_classes: int) -> None:
        self._run = run
        self._num_classes = num_classes
        self._steps: list[tuple[dict[int, str], dict[int, str]]] = []
        """Names before and after each change."""

    def names(self) -> dict[int, str]:
        """Raises InputError where the file is damaged or names classes that there are not."""
        names = load_names(self._run)
        check_names(names, self._num_classes, self._run / NAMES)
        return names

    def give(self, given: Names) -> None:
        """Gives names to some classes; an empty one takes the name away.

        Raises InputError where a number belongs to no class, a name is too long or of several lines, or the run cannot
        be written to.
        """
        before = self.names()
        words = {number: word.strip() for number, word in given.items()}
        check_names({number: word or "none" for number, word in words.items()}, self._num_classes)
        after = {number: word for number, word in (before | words).items() if word}
        if after != before:
            self._save(after)
            self._steps = [*self._steps[1 - MOST_STEPS :], (before, after)]

    @property
    def can_undo(self) -> bool:
        return bool(self._steps)

    def undo(self) -> None:
        """Takes back the last change that was made here.

        Raises InputError where there is none, another program has changed the names since, or the run cannot be
        written to.
        """
        if not self._steps:
            raise InputError("there is no change to take back")
        before, after = self._steps[-1]
        if self.names() != after:
            self._steps.clear()
            raise InputError("the names were changed by another program; what was changed here cannot be taken back")
        self._save(before)
        self._steps.pop()

    def _save(self, names: Names) -> None:
        try:
            save_names(names, self._run)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise InputError(
                f"the names cannot be written to {self._run} ({reason}); mend that and try again"
            ) from error
