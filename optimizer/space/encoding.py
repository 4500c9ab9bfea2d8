"""Grid indices as rows of the unit cube, the form a generic surrogate reads."""

import numpy as np
from numpy.typing import NDArray

from optimizer.space.parameter import Parameter, Scale
from optimizer.space.search_space import Indices, SearchSpace


def unit_rows(space: SearchSpace, indices: Indices) -> NDArray[np.float64]:
    """Return settings in the unit cube.

    Numbers are scaled linearly or logarithmically from first to last level; categories become one column each (0 or 1),
    so that no order is invented among them.

    Args:
        space: The space the indices belong to.
        indices: ``(c, d)`` grid indices.

    Returns:
        ``(c, e)`` rows in [0, 1].
    """
    tables = [_table(parameter) for parameter in space.parameters]
    return np.concatenate([table[indices[:, axis]] for axis, table in enumerate(tables)], axis=1)


def _table(parameter: Parameter) -> NDArray[np.float64]:
    """``(levels, columns)`` of one parameter."""
    if parameter.is_categorical:
        return np.eye(parameter.size)
    numbers = np.array(parameter.numbers)
    if parameter.scale is Scale.LOG:
        numbers = np.log(numbers)
    width = float(numbers[-1] - numbers[0])
    return np.asarray((numbers - numbers[0])[:, None] / (width if width > 0 else 1.0))
