"""The documentation site: it builds strictly, its links lead somewhere, and it asks for nothing outside."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

TOP = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(find_spec("zensical") is None, reason="pip install 'rolemgr[docs]' builds the site")

LOADS = {
    "audio": ("src",), "embed": ("src",), "form": ("action",), "iframe": ("src",), "image": ("href",),
    "img": ("src", "srcset"), "input": ("src",), "link": ("href",), "object": ("data",), "script": ("src",),
    "source": ("src", "srcset"), "track": ("src",), "use": ("href", "xlink:href"), "video": ("src", "poster"),
}  # fmt: skip
"""What a browser fetches, or sends, without a reader's click."""


@dataclass
class Read(HTMLParser):
    """What is in a page: the ids of its elements, links to follow, addresses to load, and its policy."""

    ids: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)
    policies: list[str] = field(default_factory=list)
    paragraphs: list[str] = field(default_factory=list)
    within: bool = False

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what the element has."""
        found = {name: value or "" for name, value in attrs}
        self.ids.update(found[name] for name in ("id", "name") if name in found)
        self.loads += [found[name] for name in LOADS.get(tag, ()) if name in found]
        if tag in ("p", "li", "td"):
            self.paragraphs.append("")
            self.within = True
        if tag == "a" and "href" in found:
            self.links.append(found["href"])
        if found.get("http-equiv") == "Content-Security-Policy":
            self.policies.append(found["content"])

    def handle_endtag(self, tag: str) -> None:
        """Note that a paragraph ends."""
        self.within = self.within and tag not in ("p", "li", "td")

    def handle_data(self, data: str) -> None:
        """Note the text of a paragraph."""
        if self.within:
            self.paragraphs[-1] += data


def built(project: Path) -> "subprocess.CompletedProcess[str]":
    """Build the site of *project* as its users do."""
    command = [sys.executable, "-m", "zensical", "build", "--strict", "--clean"]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the site as it is built from a copy of what it is made of."""
    project = tmp_path_factory.mktemp("project")
    for name in ("docs", "tools/site"):
        shutil.copytree(TOP / name, project / name)
    shutil.copy(TOP / "mkdocs.yml", project)
    done = built(project)
    assert done.returncode == 0, done.stdout + done.stderr
    return project / "site"


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Read]:
    """Return what is in each page of the site."""
    found: dict[Path, Read] = {}
    for path in sorted(site.rglob("*.html")):
        found[path] = Read()
        found[path].feed(path.read_text("utf-8"))
    return found


def test_every_page_of_the_docs_is_there(site: Path, pages: dict[Path, Read]) -> None:
    """And the page that one lands on where there is none."""
    wanted = {site / path.with_suffix(".html").name for path in (TOP / "docs").glob("*.md")}
    assert set(pages) == {*wanted, site / "404.html"}


def test_links_and_anchors_lead_somewhere(site: Path, pages: dict[Path, Read]) -> None:
    """The strict build passes over links to what is no page; here each of them counts."""
    broken = [
        f"{page.name}: {link}" for page, read in pages.items() for link in read.links if _broken(page, link, pages)
    ]
    assert broken == []
    assert sum(len(read.links) for read in pages.values()) > 5000


def _broken(page: Path, link: str, pages: dict[Path, Read]) -> bool:
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return parts.scheme not in ("https", "mailto")
    if parts.path.startswith("/"):  # the page for wrong addresses can't know where it is shown
        return page.name != "404.html"
    target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    target = target / "index.html" if target.is_dir() else target
    if target not in pages:
        return not target.is_file()
    return bool(parts.fragment) and unquote(parts.fragment) not in pages[target].ids


def test_lists_and_tables_are_lists_and_tables(pages: dict[Path, Read]) -> None:
    """The builder wants an empty line before a list, and four spaces before one within another."""
    flat = [
        f"{page.name}: {text.strip()[:100]}"
        for page, read in pages.items()
        for text in read.paragraphs
        if re.search(r"\n *(?:[-*] |\d+\. |\|)", text.strip())
    ]
    assert flat == []


def test_no_page_loads_anything_from_elsewhere(pages: dict[Path, Read]) -> None:
    """No font, script, picture or style of another site; and a browser is told to refuse what scripts might ask for."""
    outside = [f"{page.name}: {one}" for page, read in pages.items() for one in read.loads if _outside(one)]
    assert outside == []
    policies = {policy for read in pages.values() for policy in read.policies}
    assert all(len(read.policies) == 1 for read in pages.values())
    [policy] = policies
    directives = dict(part.split(None, 1) for part in policy.split(";"))
    assert set(directives["default-src"].split()) == {"'self'", "data:", "blob:", "'unsafe-inline'"}
    assert not re.search(r"https?:|\*", policy)
    assert set(directives) == {"default-src", "object-src", "base-uri", "form-action"}, "none gives more than the first"


def _outside(address: str) -> bool:
    parts = urlsplit(address.strip())
    return bool(parts.netloc) or parts.scheme not in ("", "data")


def test_no_style_loads_anything_from_elsewhere(site: Path) -> None:
    """Style sheets, and styles within pages, name files of the site alone."""
    found = [f"{path.name}: {one}" for path in _styled(site) for one in _loads_of_style(path) if _outside(one)]
    assert found == []


def _styled(site: Path) -> Iterator[Path]:
    yield from site.rglob("*.css")
    yield from site.rglob("*.html")


def _loads_of_style(path: Path) -> Iterator[str]:
    text = path.read_text("utf-8")
    styles = [text] if path.suffix == ".css" else re.findall(r"<style[^>]*>(.*?)</style>", text, re.DOTALL)
    for style in styles:
        yield from re.findall(r"url\(\s*[\"']?(?!data:|#)([^\"')]+)", style)
        yield from re.findall(r"@import\s+[\"']([^\"']+)", style)


BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.mark.skipif(BROWSER is None, reason="there is no Chromium here")
def test_a_browser_asks_for_nothing_outside_and_refuses_nothing(site: Path, tmp_path: Path) -> None:
    """A page from a folder works within its policy: nothing of the site is refused, and nothing else asked for."""
    root = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium's sandbox refuses root
    command = [str(BROWSER), "--headless=new", "--disable-gpu", f"--user-data-dir={tmp_path}", *root,
               "--enable-logging=stderr", "--virtual-time-budget=3000", "--dump-dom", (site / "rules.html").as_uri()]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=600)
    assert "Rules of" in done.stdout
    said = [line for line in done.stderr.splitlines() if "Content Security Policy" in line or "ERR_" in line]
    assert [line for line in said if ":CONSOLE" in line] == []


@pytest.mark.sampled(2)
@pytest.mark.parametrize(("link", "code"), [("nowhere.md", 1), ("index.md#nowhere", 1), ("index.md#home", 0)])
def test_a_broken_link_stops_the_build(link: str, code: int, tmp_path: Path) -> None:
    """The pinned builder is strict about pages and about anchors."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/index.md").write_text(f"# Home\n\n[there]({link})\n")
    (tmp_path / "mkdocs.yml").write_text("site_name: x\n")
    assert built(tmp_path).returncode == code
