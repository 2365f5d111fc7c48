/**
 * The picture of a page with a box around each line, and the close-up of one line.
 *
 * @typedef {import("./reading.js").Page} Page
 * @typedef {import("./reading.js").Line} Line
 */

import { byId, drawing, reveal } from "./elements.js";

const ZOOMS = [1, 1.5, 2, 3, 4];
const MARGIN = 0.25; // around a line in its close-up, in heights of the line
const LARGEST = 4; // times that a close-up enlarges the page's pixels

/** The pane with the picture. */
export class Picture {
    #sheet = byId("sheet");
    #closeUp = byId("close-up");
    #zoom = 0;
    /** @type {Page | undefined} */
    #page;
    /** @type {SVGPolygonElement[]} */
    #boxes = [];

    /**
     * @param {object} reports
     * @param {(line: number | null) => void} reports.onPoint - the line pointed at or focused
     * @param {(line: number) => void} reports.onChoose - the line to correct
     */
    constructor({ onPoint, onChoose }) {
        const sheet = this.#sheet;
        sheet.addEventListener("pointerover", ({ target }) => onPoint(lineOf(target)));
        sheet.addEventListener("pointerleave", () => onPoint(null));
        sheet.addEventListener("focusin", ({ target }) => onPoint(lineOf(target)));
        sheet.addEventListener("focusout", () => onPoint(null));
        sheet.addEventListener("click", ({ target }) => {
            const line = lineOf(target);
            if (line !== null) onChoose(line);
        });
        sheet.addEventListener("keydown", (event) => {
            const line = lineOf(event.target);
            if (line === null) return;
            const last = this.#boxes.length - 1;
            const goal = { ArrowDown: line + 1, ArrowRight: line + 1, ArrowUp: line - 1, ArrowLeft: line - 1, Home: 0, End: last }[
                event.key
            ];
            if (goal !== undefined) this.#boxes[Math.max(0, Math.min(goal, last))].focus();
            else if (event.key === "Enter" || event.key === " ") onChoose(line);
            else return;
            event.preventDefault();
        });
        byId("smaller").addEventListener("click", () => this.#zoomTo(this.#zoom - 1));
        byId("larger").addEventListener("click", () => this.#zoomTo(this.#zoom + 1));
        byId("fit").addEventListener("click", () => this.#zoomTo(0));
    }

    /**
     * Show a picture before anything is known of it.
     *
     * @param {string} url
     */
    preview(url) {
        const picture = document.createElement("img");
        picture.alt = "";
        picture.addEventListener("error", () => picture.remove()); // PDF, TIFF: the browser cannot show it
        picture.src = url;
        this.#sheet.replaceChildren(picture);
    }

    /** @param {Page} page */
    show(page) {
        this.#page = page;
        const { width, height } = page.readSize;
        this.#boxes = page.lines.map((line, index) =>
            drawing("polygon", {
                points: line.polygon.join(" "),
                "data-line": index,
                role: "button",
                tabindex: index ? -1 : 0,
            }),
        );
        const boxes = drawing("g", { role: "group", "aria-label": "Boxes of the lines; arrow keys move, Enter corrects" });
        boxes.append(...this.#boxes);
        const sheet = drawing("svg", { viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": "The page and its lines" }, paper(page, "The page"), boxes);
        this.#sheet.style.setProperty("--ratio", String(width / height));
        this.#sheet.replaceChildren(sheet);
        this.#zoomTo(0);
        this.#closeUp.replaceChildren();
    }

    /** The line whose box has the focus. */
    get focused() {
        return lineOf(document.activeElement);
    }

    /** @param {(line: Line) => boolean} isDoubtful */
    mark(isDoubtful) {
        this.#page?.lines.forEach((line, index) => {
            const box = this.#boxes[index];
            box.classList.toggle("doubtful", isDoubtful(line));
            box.classList.toggle("corrected", line.corrected);
            box.setAttribute("aria-label", `Line ${index + 1}: ${line.text}`);
        });
    }

    clear() {
        this.#page = undefined;
        this.#boxes = [];
        this.#sheet.replaceChildren();
        this.#closeUp.replaceChildren();
    }

    /**
     * Highlight one line.
     *
     * @param {number | null} line
     * @param {boolean} here - whether it was pointed at in the picture
     */
    point(line, here) {
        this.#boxes.forEach((box, index) => box.classList.toggle("current", index === line));
        if (line === null || !this.#page) return;
        const box = this.#boxes[line];
        this.#boxes.forEach((other) => other.setAttribute("tabindex", other === box ? "0" : "-1"));
        if (this.#zoom > 0 && !here) reveal(box);
        const shown = this.#page.lines[line];
        this.#closeUp.replaceChildren(...(shown.runsDown ? [] : [closeUp(this.#page, shown)]));
    }

    /** @param {number} zoom */
    #zoomTo(zoom) {
        this.#zoom = Math.max(0, Math.min(zoom, ZOOMS.length - 1));
        this.#sheet.style.setProperty("--zoom", String(ZOOMS[this.#zoom]));
        this.#sheet.classList.toggle("zoomed", this.#zoom > 0);
        byId("smaller").toggleAttribute("disabled", this.#zoom === 0);
        byId("larger").toggleAttribute("disabled", this.#zoom === ZOOMS.length - 1);
        const current = this.#boxes.find((box) => box.classList.contains("current"));
        if (current && this.#zoom > 0) reveal(current);
    }
}

/**
 * The number of the line that an element in the picture stands for.
 *
 * @param {EventTarget | null} target
 */
function lineOf(target) {
    return target instanceof SVGPolygonElement ? Number(target.dataset.line) : null;
}

/**
 * The page's picture, turned as it was read, in the pixels of its polygons.
 *
 * @param {Page} page
 * @param {string} [label]
 */
function paper({ picture, size: { width, height }, readSize, turned }, label) {
    const image = drawing("image", { width, height, preserveAspectRatio: "none" });
    if (picture) image.setAttribute("href", picture);
    if (label) {
        image.setAttribute("role", "img");
        image.setAttribute("aria-label", label);
    }
    if (turned) {
        const [x, y] = [readSize.width / 2, readSize.height / 2];
        image.setAttribute("transform", `translate(${x} ${y}) rotate(${-turned}) translate(${-width / 2} ${-height / 2})`);
    }
    return image;
}

/**
 * One line alone, level and large.
 *
 * @param {Page} page
 * @param {Line} line
 */
function closeUp(page, { polygon, isTall }) {
    const [from, to] = isTall ? [polygon[0], polygon[3]] : polygon; // along the letters; of a spine, from the top
    const angle = Math.atan2(to[1] - from[1], to[0] - from[0]);
    const [sine, cosine] = [Math.sin(-angle), Math.cos(-angle)];
    const xs = polygon.map(([x, y]) => x * cosine - y * sine);
    const ys = polygon.map(([x, y]) => x * sine + y * cosine);
    const [x, y] = [Math.min(...xs), Math.min(...ys)];
    const margin = MARGIN * Math.min(Math.max(...xs) - x, Math.max(...ys) - y);
    const [width, height] = [Math.max(...xs) - x + 2 * margin, Math.max(...ys) - y + 2 * margin];
    const turned = drawing("g", { transform: `rotate(${(-angle * 180) / Math.PI})` }, paper(page));
    const box = `${x - margin} ${y - margin} ${width} ${height}`;
    return drawing("svg", { viewBox: box, width: LARGEST * width, height: LARGEST * height }, turned);
}
