"""`report.html` of a scenario that ran several times: one verdict, its recovery times as distributions, and each run.

repeat.json -> drawings -> reports/repeat.html.j2 -> report.html
"""

import json
from functools import partial
from pathlib import Path

from markupsafe import Markup

from tfbench.model import LANGUAGES
from tfbench.report.drawing import Say
from tfbench.report.page import jinja_environment
from tfbench.report.repeat_chart import draw_distributions, felt
from tfbench.report.texts import read_texts

TEMPLATE = "repeat.html.j2"


def render_repeat(folder: Path, reports_dir: Path) -> Path:
    """Write `report.html` into the folder from its repeat.json; return its path."""
    repeat = json.loads((folder / "repeat.json").read_text(encoding="utf-8"))
    texts = read_texts(reports_dir / "texts.yaml")
    says: dict[str, Say] = {language: partial(texts.say, language) for language in LANGUAGES}
    distributions = felt(repeat["recovery"])
    drawings = draw_distributions(distributions, says)
    html = jinja_environment(reports_dir, texts).get_template(TEMPLATE).render(
        repeat=repeat,
        distributions=distributions,
        drawings={language: Markup(svg) for language, svg in drawings.items()},
    )  # fmt: skip
    path = folder / "report.html"
    path.write_text(html, encoding="utf-8", errors="replace")
    return path
