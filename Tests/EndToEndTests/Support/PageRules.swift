import Foundation

/// Rules that every page keeps, looked for in the page as a browser shows it. They follow WCAG 2.2 at level
/// AA as far as a machine can judge it; what only a person can is not among them.
enum PageRules {
    /// A rule, and the least page that breaks it.
    static let broken: [(rule: String, page: String)] = [
        ("title", page("<h1>A</h1>", title: "")),
        ("language", "<!doctype html><title>T</title><main><h1>A</h1></main>"),
        ("main", "<!doctype html><html lang=en><title>T</title><h1>A</h1>"),
        ("one-h1", page("<p>A</p>")),
        ("heading-order", page("<h1>A</h1><h3>B</h3>")),
        ("label", page("<h1>A</h1><input type=text>")),
        ("label-for", page("<h1>A</h1><label for=gone>B</label>")),
        ("focus-hidden", page("<h1>A</h1><button>B</button><p style='position:fixed;inset:0'>C</p>")),
        ("name", page("<h1>A</h1><button></button>")),
        ("picture", page("<h1>A</h1><svg width=9 height=9></svg>")),
        ("table-heads", page("<h1>A</h1><table><tr><td>1</td></tr></table>")),
        ("head-scope", page("<h1>A</h1><table><tr><th>1</th></tr></table>")),
        ("focus-order", page("<h1>A</h1><a href='#' tabindex=3>B</a>")),
        ("unfocusable", page("<h1>A</h1><a onclick='x()'>B</a>")),
        ("contrast", page("<h1>A</h1><p style='color:#aaa'>B</p>")),
        (
            "contrast",
            page(
                "<h1>A</h1><svg aria-label=B width=90 height=30>"
                    + "<text y=20 style='fill:#aaa'>C</text></svg>")
        ),
        (
            "mark-contrast",
            page(
                "<h1>A</h1><svg aria-label=B width=9 height=9>"
                    + "<path class=line d='M0 0L9 9' style='stroke:#ccc'/></svg>")
        ),
        ("mark-contrast", page("<style>p::before{content:'x';color:#ccc}</style><h1>A</h1><p>B</p>")),
        ("target-size", page("<h1>A</h1><button style='width:40px;height:44px;padding:0'>B</button>")),
        (
            "target-size",
            page(
                "<style>input{box-sizing:border-box;width:90px;height:40px}</style><h1>A</h1>"
                    + "<label for=x>B</label><input id=x>")
        ),
        ("target-size", page("<h1>A</h1><details><summary>B</summary>C</details>")),
        ("target-size", page("<h1>A</h1><p><a href='#'>B</a> · <span>C</span></p>")),
        (
            "target-size",
            page(
                "<style>a{display:inline-block;width:44px;height:40px}</style><h1>A</h1>"
                    + "<table><tr><th scope=col><a href='#'>B</a></th></tr></table>")
        ),
        (
            "target-apart",
            page(
                "<style>a{display:inline-block;width:44px;height:44px;margin-block:-9px}</style><h1>A</h1>"
                    + "<table><tr><th scope=row><a href='#'>B</a></th></tr>"
                    + "<tr><th scope=row><a href='#'>C</a></th></tr></table>")
        ),
        ("one-id", page("<h1>A</h1><p id=x>B</p><p id=x>C</p>")),
        ("described", page("<h1>A</h1><label>B <input aria-describedby=gone></label>")),
        ("colour-alone", page("<h1>A</h1><span class=mark></span>")),
        (
            "line-length",
            page("<h1>A</h1><p style='width:90ch'>\(String(repeating: "word ", count: 60))</p>")
        ),
        (
            "focus-place",
            page("<h1>A</h1><p style='display:flex;flex-direction:row-reverse'><button>B</button><button>C")
        ),
        (
            "focus-place",
            page(
                "<h1>A</h1><div style='display:flex;flex-direction:column-reverse'><button>B</button>"
                    + "<button>C</button></div>")
        ),
        ("width", page("<h1>A</h1><div style='width:3000px'>B</div>")),
    ]

    static func page(_ body: String, title: String = "T") -> String {
        "<!doctype html><html lang=en><title>\(title)</title><main>\(body)</main>"
    }

    /// What breaks a rule on the page in front, each as `RULE: what`.
    static func findings(in browser: Browser) async throws -> [String] {
        try await browser.run(script).list.map(\.text)
    }

    private static let script = #"""
        const found = [];
        const say = (rule, element, more = "") =>
            found.push(`${rule}: ${element ? element.outerHTML.slice(0, 120) : ""} ${more}`);
        const all = (selector) => [...document.querySelectorAll(selector)];
        const isShown = (e) =>
            e.getClientRects().length > 0 && getComputedStyle(e).visibility !== "hidden";
        const name = (e) =>
            (e.getAttribute("aria-label") || e.textContent || e.value || e.title || "").trim();

        // What is folded away is part of the page.
        for (const e of all("details")) e.open = true;
        if (!document.title.trim()) say("title");
        if (!document.documentElement.lang) say("language");
        if (all("main").length !== 1) say("main");
        if (all("h1").length !== 1) say("one-h1");
        let level = 0;
        for (const heading of all("h1, h2, h3, h4, h5, h6").filter(isShown)) {
            const next = Number(heading.tagName[1]);
            if (level && next > level + 1) say("heading-order", heading);
            level = next;
        }
        for (const field of all("input, select, textarea")) {
            if (field.type === "hidden" || !isShown(field)) continue;
            const said = [...(field.labels || [])].some((label) => label.textContent.trim());
            if (!said && !field.getAttribute("aria-label") && !field.getAttribute("aria-labelledby"))
                say("label", field);
        }
        for (const label of all("label[for]"))
            if (!document.getElementById(label.htmlFor)) say("label-for", label);
        for (const act of all("button, a[href], summary, [role=button]")) if (!name(act)) say("name", act);
        for (const picture of all("img, svg")) {
            const said = picture.alt || picture.getAttribute("aria-label") || picture.querySelector("title");
            if (!said && picture.getAttribute("aria-hidden") !== "true") say("picture", picture);
        }
        for (const table of all("table")) {
            if (!table.querySelector("th")) say("table-heads", table);
            for (const head of table.querySelectorAll("th")) if (!head.scope) say("head-scope", head);
        }
        for (const e of all("[tabindex]")) if (e.tabIndex > 0) say("focus-order", e);
        for (const e of all("a:not([href]), [onclick]")) say("unfocusable", e);
        const ids = new Set();
        for (const e of all("[id]")) { if (ids.has(e.id)) say("one-id", e); ids.add(e.id); }
        for (const e of all("[aria-describedby], [aria-labelledby]"))
            for (const attribute of ["aria-describedby", "aria-labelledby"])
                for (const id of (e.getAttribute(attribute) || "").split(/\s+/).filter(Boolean))
                    if (!document.getElementById(id)) say("described", e);
        for (const mark of all(".mark, .state")) if (!mark.textContent.trim()) say("colour-alone", mark);
        if (document.documentElement.scrollWidth > document.documentElement.clientWidth + 1)
            say("width", null, `${document.documentElement.scrollWidth}`);
        // Links in a text are as high as its lines; all others stand for themselves.
        const isInText = (e) =>
            [...e.parentElement.childNodes].some((n) =>
                n.nodeType === Node.TEXT_NODE && /[\p{L}\p{N}]/u.test(n.data));
        const inTables = [];
        for (const e of all("button, input:not([type=hidden]), select, textarea, summary, main a")) {
            if (!isShown(e) || (e.matches("a:not(.button)") && isInText(e))) continue;
            // A radio button or box is pressed by way of its label, too.
            const hit = e.closest("label") || e;
            const box = hit.getBoundingClientRect();
            if (box.width <= 2) continue;
            if (box.width < 43.5 || box.height < 43.5)
                say("target-size", e, `${box.width} x ${box.height}`);
            if (e.closest("th, td")) inTables.push([hit, box]);
        }
        // What is pressed in one row is not what stands in another.
        inTables.forEach(([hit, box], index) => {
            for (const [other, its] of inTables.slice(0, index)) {
                const wide = Math.min(box.right, its.right) - Math.max(box.left, its.left);
                const high = Math.min(box.bottom, its.bottom) - Math.max(box.top, its.top);
                if (hit !== other && wide > 1 && high > 1)
                    say("target-apart", hit, "over " + other.outerHTML.slice(0, 60));
            }
        });

        // Lines of a text are short enough to find the next one.
        for (const e of all("main p, main li.text, main dd").filter(isShown)) {
            const measure = e.appendChild(document.createElement("span"));
            [measure.style.position, measure.style.width] = ["absolute", "70ch"];
            const limit = measure.getBoundingClientRect().width;
            measure.remove();
            const text = document.createRange();
            text.selectNodeContents(e);
            const width = text.getBoundingClientRect().width;
            if (width > limit + 1) say("line-length", e, `${width} of ${limit}`);
        }

        // What has the focus is in sight, and under nothing that stays in place.
        const last = document.activeElement;
        const front = document.querySelector("dialog[open]") ?? document;
        const focusable = "a[href], button, input:not([type=hidden]), select, textarea, summary";
        for (const e of front.querySelectorAll(focusable)) {
            if (e.disabled || e.tabIndex < 0 || !isShown(e)) continue;
            e.focus();
            // As the browser does by itself, but not where a fold was opened a moment ago.
            e.scrollIntoView({ block: "nearest" });
            const box = (e.closest("label") ?? e).getClientRects()[0];
            if (!box || box.width <= 2) continue;
            const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
            const isSeen = top && (top.contains(e) || e.contains(top) || top.closest("label")?.contains(e));
            if (!isSeen) say("focus-hidden", e, top ? "under " + top.outerHTML.slice(0, 60) : "out of sight");
        }
        last?.focus?.();
        // The focus goes as the eye does: along a line, and down; another column is a new beginning. What
        // stays in place while the page moves has no place in that.
        const staysInPlace = (e) =>
            e !== null
            && (/sticky|fixed/.test(getComputedStyle(e).position) || staysInPlace(e.parentElement));
        const stops = all(focusable).filter((e) =>
            e.closest("main") && !e.disabled && e.tabIndex >= 0 && isShown(e) && !staysInPlace(e));
        stops.slice(1).forEach((e, index) => {
            const [a, b] = [stops[index], e].map((stop) => stop.getBoundingClientRect());
            const isBeside = Math.abs(a.top + a.bottom - b.top - b.bottom) < Math.min(a.height, b.height);
            const isBack = isBeside ? b.right <= a.left : b.bottom <= a.top && b.left < a.right;
            if (isBack) say("focus-place", e, "after " + stops[index].outerHTML.slice(0, 60));
        });

        const parse = (text) => {
            const parts = text.match(/[\d.]+/g).map(Number);
            return parts.length < 4 ? [...parts, 1] : parts;
        };
        const over = (top, below) => {
            const a = top[3];
            return [0, 1, 2].map((i) => top[i] * a + below[i] * (1 - a)).concat([1]);
        };
        const back = (e) => {
            if (!e) return parse(getComputedStyle(document.documentElement).backgroundColor)[3]
                ? parse(getComputedStyle(document.documentElement).backgroundColor) : [255, 255, 255, 1];
            const own = parse(getComputedStyle(e).backgroundColor);
            return own[3] >= 1 ? own : over(own, back(e.parentElement));
        };
        const light = (colour) => {
            const [r, g, b] = colour.slice(0, 3).map((v) => v / 255)
                .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
        };
        const contrast = (colour, ground) => {
            const [one, other] = [light(over(parse(colour), ground)), light(ground)];
            return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
        };
        // What says something without being a text: lines and points of pictures, and the shapes of marks.
        for (const e of all("svg :is(.line, .point, .open, .edge, .span, .target, .fill)")) {
            if (!isShown(e.closest("svg"))) continue;
            const { stroke, fill } = getComputedStyle(e);
            const ratio = contrast(stroke === "none" ? fill : stroke, back(e.closest("svg")));
            if (ratio < 3) say("mark-contrast", e, ratio.toFixed(2));
        }
        for (const e of document.body.querySelectorAll("*")) {
            const shape = getComputedStyle(e, "::before");
            if (["none", "normal", '""'].includes(shape.content) || !isShown(e)) continue;
            const ratio = contrast(shape.color, back(e));
            if (ratio < 3) say("mark-contrast", e, ratio.toFixed(2));
        }
        const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        while (texts.nextNode()) {
            const e = texts.currentNode.parentElement;
            if (!texts.currentNode.textContent.trim() || !isShown(e)) continue;
            if (["SCRIPT", "STYLE", "OPTION"].includes(e.tagName) || e.closest(":disabled")) continue;
            // Of a picture only its texts are written; its title is not.
            const isDrawn = e.closest("svg") !== null;
            if (isDrawn && !e.matches("text, tspan")) continue;
            const style = getComputedStyle(e);
            const ratio = contrast(isDrawn ? style.fill : style.color, back(e));
            const size = parseFloat(style.fontSize);
            const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
            if (ratio < (isLarge ? 3 : 4.5)) say("contrast", e, ratio.toFixed(2));
        }
        return [...new Set(found)];
        """#
}
