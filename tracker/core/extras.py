"""Libraries that not everybody installs, and the extra that each belongs to."""

import importlib.util

from tracker.core.errors import ConfigError

EXTRA_OF = {
    "faiss": "search",
    "h5py": "train",
    "jinja2": "web",
    "matplotlib": "train",
    "nncf": "export",
    "onnx": "export",
    "paho": "mqtt",
    "pyarrow": "formats",
    "starlette": "web",
    "tensorboard": "train",
    "uvicorn": "web",
}


def require(*modules: str) -> None:
    """Check, before any work is done, that libraries are there.

    Raises:
        ConfigError: One is not; the message says how to install it.
    """
    for name in modules:
        if importlib.util.find_spec(name) is None:
            raise ConfigError(f"this needs {name}, which is not installed; {how_to_get(name)}")


def how_to_get(module: str) -> str:
    """Say how a library is installed.

    >>> how_to_get("onnx")
    "pip install 'reid-track[export]'"
    """
    return f"pip install 'reid-track[{EXTRA_OF[module]}]'"
