/**
 * The rows of the list, each with the picture of a line and what is written there. Knows no server.
 *
 * @typedef {object} Line
 * @property {string} read
 * @property {number} score
 * @property {number} doubt
 * @property {[number, number][]} marks - where doubtful characters begin and end in what was read
 * @property {string[]} alternatives
 * @property {string | null} language
 * @property {string} page
 * @property {number} width - of the picture, in pixels
 * @property {number} height
 * @property {boolean} runsDown
 * @property {boolean} fromRight
 * @property {"accepted" | "corrected" | "rejected" | null} verdict
 * @property {string | null} text - that was decided on
 */

const NAMES = { accepted: "accepted", corrected: "corrected", rejected: "no text" };
const MOST_ALTERNATIVES = 9; // as many digits as there are
const CHARACTERS = 80; // in a row of a field, where its size does not follow its text by itself
const MOST_ROWS = 6;

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, string>} [attributes]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function element(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
}

/** A picture that scrolls is reached by keyboard; others are no stop on the way. */
const WATCH = new ResizeObserver((seen) => {
    for (const { target } of seen) {
        const scrolls = target.scrollWidth > target.clientWidth || target.scrollHeight > target.clientHeight;
        for (const [name, value] of Object.entries({ tabindex: "0", role: "group", "aria-label": "Picture of the line" })) {
            if (scrolls) target.setAttribute(name, value);
            else target.removeAttribute(name);
        }
    }
});

/** One row. */
export class Row {
    /**
     * @param {Line} line
     * @param {number} number - from 0
     */
    constructor(line, number) {
        this.line = line;
        this.number = number;
        const picture = element("img", {
            src: `pictures/${number}`,
            alt: "",
            loading: "lazy",
            width: String(line.width),
            height: String(line.height),
        });
        picture.style.setProperty("--ratio", String(line.width / Math.max(line.height, 1)));
        this.picture = element("div", { class: "picture" }, picture);
        WATCH.observe(this.picture);
        const written = { dir: line.fromRight ? "rtl" : "auto", ...(line.language && { lang: line.language }) };
        this.field = element("textarea", {
            ...written,
            rows: String(Math.min(Math.ceil((line.read.length + 1) / CHARACTERS), MOST_ROWS)),
            spellcheck: "false",
            autocapitalize: "off",
            autocomplete: "off",
            "aria-label": `Text of line ${number + 1}, score ${line.doubt.toFixed(2)}`,
        });
        this.verdict = element("span", { class: "verdict" });
        const others = line.alternatives.slice(0, MOST_ALTERNATIVES).map((text, index) =>
            element(
                "li",
                {},
                element(
                    "button",
                    { type: "button", "data-take": String(index), "aria-label": `Alternative ${index + 1}: ${text || "nothing"}` },
                    element("kbd", { "aria-hidden": "true" }, String(index + 1)),
                    element("bdi", written, text || "(nothing)"),
                ),
            ),
        );
        const facts = element(
            "p",
            { class: "facts" },
            element("span", { class: "number" }, `${number + 1}.`),
            element("span", { class: "score", title: "The lowest score of a character, or else that of the line" }, line.doubt.toFixed(2)),
            element("bdi", { class: "page" }, line.page),
            this.verdict,
        );
        const reject = element("button", { type: "button", "data-reject": "" }, "No text");
        this.item = element(
            "li",
            { "data-line": String(number), class: line.runsDown ? "runs-down" : "" },
            this.picture,
            element(
                "div",
                { class: "text" },
                facts,
                element("p", { class: "read", ...written }, ...marked(line)),
                this.field,
                element("div", { class: "choices" }, element("ul", { role: "list", "aria-label": "Alternatives" }, ...others), reject),
            ),
        );
        if (!others.length) this.item.querySelector(".choices ul")?.remove();
        this.show();
    }

    /** Show what was decided. */
    show() {
        const { verdict, text, read } = this.line;
        this.item.dataset.verdict = verdict ?? "open";
        this.verdict.textContent = verdict ? NAMES[verdict] : "";
        this.field.value = text ?? read;
    }

    /** Show the part of a long picture that the caret is at. */
    follow() {
        const { scrollWidth, clientWidth } = this.picture;
        const place = this.field.selectionEnd / Math.max(this.field.value.length, 1);
        const share = this.line.fromRight ? 1 - place : place;
        if (scrollWidth > clientWidth) this.picture.scrollLeft = share * scrollWidth - clientWidth / 2;
    }

    /** The text as it would be decided on. */
    get typed() {
        return this.field.value.replace(/\s*[\t\n\v\f\r]+\s*/g, " ").trim();
    }

    /** Whether something was typed since the row was shown. */
    get isChanged() {
        return this.field.value !== (this.line.text ?? this.line.read);
    }
}

/**
 * What was read, with its doubtful characters marked.
 *
 * @param {Line} line
 */
function marked({ read, marks }) {
    const parts = [];
    let from = 0;
    for (const [start, end] of marks) {
        parts.push(read.slice(from, start), element("mark", {}, read.slice(start, end)));
        from = end;
    }
    return [...parts, read.slice(from)];
}
