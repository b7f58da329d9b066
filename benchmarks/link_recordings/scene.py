"""What a recording gives: words for the command, and the truth of each camera."""

from dataclasses import dataclass

from tracker.evaluation.box_table import BoxTable

Truths = dict[str, BoxTable]  # by camera; one number for each person in all of them


@dataclass(frozen=True, slots=True)
class Scene:
    """One recording, ready to run.

    Attributes:
        words: Sources and what is known of them; nothing of models and outputs.
        truth: By camera.
        looks: Whether there are pictures.
    """

    words: list[str]
    truth: Truths
    looks: bool = True
