"""The science of Titrate: pure functions of a problem and a history.

``optimizer`` decides; ``service`` remembers. Nothing here keeps state between calls, knows HTTP or a database, or
prints. This root imports nothing, so that ``import optimizer`` stays free of torch; import the names you need from the
module that defines them, for example ``from optimizer.propose import propose``.
"""

__version__ = "0.1.0"
