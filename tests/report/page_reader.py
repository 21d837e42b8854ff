"""A page of ours, read without a browser."""
import html.parser
import pathlib

# HTML elements that have no end tag; in SVG they all have one, or end themselves.
VOID = {"meta", "link", "br", "hr", "img", "input", "wbr"}


class Reader(html.parser.HTMLParser):
    """The page without a browser: tables by section and by variable, paths by picture, and whether tags match."""

    def __init__(self, path):
        super().__init__()
        self.open, self.faults, self.sections, self.articles = [], [], {}, {}
        self.section = self.article = self.rows = self.row = self.cell = None
        self.paths = []  # (title of the picture, class, d)
        self.title = ""
        text = pathlib.Path(path).read_text(encoding="utf-8")
        self.bytes = len(text.encode())
        self.feed(text)
        self.close()
        self.faults += [f"<{name}> is not closed" for name in self.open]
        # The variables' own parts by name: {"text": …, "tables": [{first cell: cells}, …]}.
        names = [row[0][1] for row in self.sections["variables"]["rows"]] if "variables" in self.sections else []
        self.details = {name: self.articles[f"v{i}"] for i, name in enumerate(names) if self.articles}

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag not in VOID:
            self.open.append(tag)
        if tag == "section":
            self.section = self.sections.setdefault(attrs["id"], {"head": [], "rows": [], "text": "", "tables": []})
        elif tag == "article":
            self.article = self.articles.setdefault(attrs["id"], {"text": "", "tables": [], "days": None})
        elif tag == "figure" and "data-days" in attrs:
            self.article["days"] = attrs["data-days"]
        elif tag == "table":
            self.rows = []
        elif tag == "tr" and self.section is not None:
            self.row = []
        elif tag in ("td", "th") and self.row is not None:
            self.cell = [attrs.get("data-v"), ""]
        elif tag == "svg" and "aria-label" in attrs:
            self.title = attrs["aria-label"]
        elif tag == "path":
            self.paths.append((self.title, attrs["class"], attrs["d"]))

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        if not self.open or self.open[-1] != tag:
            self.faults.append(f"</{tag}> where {self.open[-3:]} are open")
        else:
            self.open.pop()
        if tag in ("td", "th") and self.cell is not None:
            self.row.append(self.cell)
            self.cell = None
        elif tag == "tr" and self.row is not None:
            if "thead" not in self.open:
                self.rows.append(self.row)
            elif self.article is None:
                self.section["head"].append(self.row)
            self.row = None
        elif tag == "table":
            lines = {row[0][1]: [(v, shown) for v, shown in row[1:]] for row in self.rows}
            (self.article or self.section)["tables"].append(lines)
            if self.article is None:
                self.section["rows"] += self.rows
        elif tag == "article":
            self.article = None
        elif tag == "section":
            self.section = None

    def handle_data(self, data):
        if self.cell is not None:
            self.cell[1] += data
        elif self.article is not None:
            self.article["text"] += data
        elif self.section is not None:
            self.section["text"] += data

    def table(self, name, which=None):
        """{name of the line: [(exact, shown), …]} of a section's tables, or one of them."""
        tables = self.sections[name]["tables"]
        return {k: v for it in (tables if which is None else [tables[which]]) for k, v in it.items()}
