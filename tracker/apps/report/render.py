"""The page: one file with its style, scripts and data inside, and a policy that allows no more."""

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from tracker.core.extras import require

# In the order in which they need each other; the last one starts the page.
SCRIPTS = (
    "dom.js", "words.js", "model.js", "pictures.js", "charts.js", "paths.js", "overview.js",
    "people.js", "person.js", "links.js", "heat.js", "zones.js",
)  # fmt: skip
VIDEO_SCRIPTS = ("player.js", "films.js")
REVIEW_SCRIPTS = ("review.js", "queue.js", "draw_zones.js")
START = "app.js"


@dataclass(frozen=True, slots=True)
class Page:
    """A page and the policy under which a browser shall run it."""

    html: str
    policy: str


def render(
    facts: dict[str, Any], pictures: dict[str, str] | None = None, *, review: bool = False,
    scripts: Sequence[str] = (),
) -> Page:  # fmt: skip
    """Return the page.

    Args:
        facts: As `facts_of` makes them; with `videos`, it plays those.
        pictures: ``data:`` addresses by name; see `tracker.apps.report.pictures`.
        review: Whether it is served, with what is needed to correct.
        scripts: JavaScript of the caller's own, which may add to `sections` of the overview.

    Raises:
        ConfigError: Jinja2 is not installed.
    """
    require("jinja2")
    from jinja2 import Environment
    from markupsafe import Markup

    films = "videos" in facts
    names = (
        *SCRIPTS, *(VIDEO_SCRIPTS if films else ()), *(REVIEW_SCRIPTS if review else ())
    )  # fmt: skip
    parts = [*map(asset, names), *scripts, asset(START)]
    script = '"use strict";\n(() => {\n' + "\n".join(parts) + "\n})();\n"
    style = asset("style.css") + asset("player.css") * films
    policy = _policy(style, script, review=review, films=films)
    template = Environment(autoescape=True, trim_blocks=True).from_string(asset("page.html.j2"))
    # All three are our own files and escaped facts.
    html = template.render(
        title=facts["title"], policy=policy, review=review, style=Markup(style),  # noqa: S704 # nosec
        script=Markup(script), facts=Markup(_json(facts)), pictures=pictures or {},  # noqa: S704 # nosec
    )  # fmt: skip
    return Page(html, policy)


def asset(name: str) -> str:
    """Return the text of a script or style of the pages."""
    return files("tracker.apps.report").joinpath("page", name).read_text(encoding="utf-8")


def _json(value: Any) -> str:
    """Write JSON that can stand inside a script element whatever names it has."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _policy(style: str, script: str, *, review: bool, films: bool) -> str:
    """Allow this very style and script, pictures inside the page, and the server that sent it.

    A page from disk that plays videos may also read those beside it.
    """
    own = " 'self'" if review else ""
    rules = [
        "default-src 'none'",
        f"img-src data:{own}",
        f"style-src {_hash_of(style)}",
        f"script-src {_hash_of(script)}",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    if films:
        rules.append(f"media-src 'self'{'' if review else ' file:'}")
    if review:
        rules += ["connect-src 'self'", "frame-ancestors 'none'"]
    return "; ".join(rules)


def _hash_of(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
