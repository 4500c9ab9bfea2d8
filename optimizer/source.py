"""Which code this is: a digest of sources and data, so that an edit under the same version number is found out."""

from pathlib import Path

PACKAGE = Path(__file__).parent
DIGITS = 12
NOT_DECIDING = ("evaluate/", "figures/", "simulate/")
"""What measures, draws or plays patients: a change there leaves every decision as it is."""


def digest(folder: Path = PACKAGE, *, without: tuple[str, ...] = NOT_DECIDING) -> str:
    """Return a digest of every source and data file of a folder, by name and content.

    Args:
        folder: Where to look, its subfolders included.
        without: Heads of names, relative to the folder, of what does not count.

    Returns:
        The first hexadecimal digits of a SHA-256. Nothing is kept: a caller that asks again reads again.
    """
    import hashlib  # here: it starts OpenSSL, which importing the light core need not wait for

    found = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.suffix in (".py", ".toml") and not name.startswith(without):
            found.update(f"{name}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()[:DIGITS]
