"""Markdown pages of ``docs/`` as HTML with anchors and a table of contents."""

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

_NOT_WORD = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Page:
    """A page ready to show: its first heading, its sections as (anchor, title), and its HTML."""

    title: str
    sections: tuple[tuple[str, str], ...]
    html: SafeString


@lru_cache(maxsize=8)
def page(name: str) -> Page:
    """The page ``docs/<name>.md``; our own file, so that its HTML can be trusted."""
    text = (Path(settings.BASE_DIR) / "docs" / f"{name}.md").read_text(encoding="utf-8")
    text = text.replace("http://localhost:8000", settings.BASE_URL)
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = markdown.parse(text)
    title, sections = name, []
    for index, token in enumerate(tokens):
        if token.type == "heading_open":
            words = tokens[index + 1].content.replace("`", "")
            anchor = _NOT_WORD.sub("-", words.lower()).strip("-")
            token.attrSet("id", anchor)
            if token.tag == "h1":
                title = words
            elif token.tag == "h2":
                sections.append((anchor, words))
    return Page(title, tuple(sections), mark_safe(markdown.renderer.render(tokens, markdown.options, {})))  # noqa: S308
