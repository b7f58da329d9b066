"""Follow people through video and give each of them one ID, within and across cameras.

The folders stand in the order in which the data passes them:
source -> detect -> embed -> associate -> link -> output. ARCHITECTURE.md has the page on it.
"""

__version__ = "0.1.0"
__all__ = ["__version__"]
