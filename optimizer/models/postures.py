"""Postures: lying down lowers every threshold by more than the window is wide, and the map stays what it is.

The reference is standing, and a report that does not say. Other postures shift the log of the limit current by one number
each, learned from the grades that say their posture; a pain rating is read at the intensity of its own. Settings for all day
are worth the mean of what they do in each.
"""

from collections.abc import Sequence

from optimizer.history import History
from optimizer.models.hyperprior import Belief, normal
from optimizer.problem import PostureUse, Problem
from optimizer.trial import Posture

SHIFTED = (Posture.SITTING, Posture.LYING, Posture.PRONE)
"""Postures with a threshold of their own; their place here plus one is their code."""
REFERENCE = 0
"""Code of standing, and of a posture that is not said."""
BELIEFS: dict[Posture, Belief] = {
    # lying was the lowest in 20 of 23 patients, sitting in 3 (Cameron and Alo 1998); sizes assumed [A]
    Posture.SITTING: normal(-0.06, 0.10),
    Posture.LYING: normal(-0.25, 0.15),
    Posture.PRONE: normal(0.09, 0.12),
}
MEANT = {
    PostureUse.ALL_DAY: (Posture.STANDING, Posture.SITTING, Posture.LYING),
    PostureUse.UPRIGHT: (Posture.STANDING, Posture.SITTING),
    PostureUse.LYING: (Posture.LYING,),
}
"""Postures a use takes in."""


def name(posture: Posture) -> str:
    """Return the name of the hyperparameter of a posture."""
    return f"{posture.value}_shift"


def code(posture: Posture, learned: Sequence[Posture]) -> int:
    """Return the code of a posture; one that is not learned counts as the reference."""
    return SHIFTED.index(posture) + 1 if posture in learned else REFERENCE


def codes_of(uses: Sequence[PostureUse], learned: Sequence[Posture]) -> tuple[int, ...]:
    """Return the codes of the postures that uses take in, each once; the reference where none is named."""
    return tuple(sorted(set(felt_in(uses, learned))))


def felt_in(uses: Sequence[PostureUse], learned: Sequence[Posture]) -> tuple[int, ...]:
    """Return the codes of the postures over which relief is a mean: each as often as it stands for; one is enough of equals.

    Args:
        uses: What settings are used for.
        learned: Postures with a threshold of their own.
    """
    found = tuple(code(posture, learned) for use in uses for posture in MEANT[use])
    return found if len(set(found)) > 1 else found[:1] or (REFERENCE,)


def learned_from(problem: Problem, history: History) -> tuple[Posture, ...]:
    """Return the postures with a threshold of their own in a history.

    Where no report says its posture there is none: thresholds are then those of the patient's usual day. Where some do,
    settings that are used lying down are held against lying, reported or not.

    Args:
        problem: Declares what settings are used for.
        history: As of the ask.
    """
    said = {report.posture for report in history.standing} - {Posture.UNKNOWN}
    if said and set(problem.postures) & {PostureUse.ALL_DAY, PostureUse.LYING}:
        said.add(Posture.LYING)
    return tuple(posture for posture in SHIFTED if posture in said)
