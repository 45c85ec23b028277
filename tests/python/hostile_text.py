"""Reads what plaudit wrote of hostile text, as other people's programs read it.

hostile_text.py FOLDER EVIL    FOLDER holds one sheet as sheet.csv, sheet.json, sheet.ndjson and sheet.md;
                               EVIL is a host that no link may lead to
"""

import csv
import html.parser
import io
import json
import re
import sys
import unicodedata
from pathlib import Path

import cmarkgfm
from markdown_it import MarkdownIt

FORMULA = "=+-@＝＋－＠"
UNSEEN = {"Cc", "Cf", "Zl", "Zp"}

folder, evil = Path(sys.argv[1]), sys.argv[2]
text = {name: (folder / f"sheet.{name}").read_bytes().decode() for name in ("csv", "json", "ndjson", "md")}

# JSON: nothing unseen stands in it, and it says the same in both forms.
rows = json.loads(text["json"])
assert rows and rows == [json.loads(line) for line in text["ndjson"].split("\n") if line]
for name in ("json", "ndjson", "md"):
    for letter in text[name]:
        assert letter == "\n" or unicodedata.category(letter) not in UNSEEN, (name, hex(ord(letter)))


# CSV: no cell begins like a formula however it is split, and each can be restored, as the documentation says.
def cells(delimiter):
    return list(csv.reader(io.StringIO(text["csv"], newline=""), delimiter=delimiter))


for delimiter in ",;\t":
    for cell in sum(cells(delimiter), []):
        seen = cell.lstrip("".join(chr(c) for c in range(0x3000) if unicodedata.category(chr(c)) in UNSEEN | {"Zs"}))
        assert not seen or seen[0] not in FORMULA or re.fullmatch(r"-[0-9.]+", seen), (delimiter, cell)
header, *records = cells(",")
assert len(records) == len(rows) and header == list(rows[0])
for record, row in zip(records, rows):
    for cell, value in zip(record, row.values()):
        if isinstance(value, str):
            assert re.sub(r"(^|[;\t\r\n])'", r"\1", cell) == value, (cell, value)


# Markdown, as GitHub's own parser has it, and another one that makes links of all that looks like one.
class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.links, self.texts = set(), [], []

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.links += [value for name, value in attributes if name in ("href", "src")]

    def handle_data(self, data):
        self.texts.append(data)


github = cmarkgfm.github_flavored_markdown_to_html(text["md"])
other = MarkdownIt("gfm-like", {"linkify": True}).render(text["md"])
for rendered in (github, other):
    page = Page()
    page.feed(rendered)
    assert page.tags <= {"table", "thead", "tbody", "tr", "th", "td", "a", "span"}, page.tags
    assert not [link for link in page.links if evil in link], page.links
    assert rendered.count("<tr") == len(rows) + 1 and rendered.count("<td") == len(rows) * len(header), rendered
    # GitHub and GitLab look through the texts of the page: HTML::Pipeline::MentionFilter, GitLab's reference
    # patterns, EmojiFilter, mathematics.
    for said in page.texts:
        assert not re.search(r"(^|\W)@[a-z0-9]", said, re.A | re.I), said
        assert not re.search(r"(^|[^\w&])[#!~%^][a-z0-9\"]", said, re.A | re.I), said
        assert not re.search(r":(smile|tada|\+1):", said), said
        assert not re.search(r"\$[^\s$][^$]*\$", said), said
        assert not re.search(r"www\.|//", said, re.I), said
        assert "<script" not in rendered
assert not re.search(r"\{\{|\{%", text["md"])
print(len(rows))
