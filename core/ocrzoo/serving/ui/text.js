/**
 * The text of a page, line by line, where lines are corrected.
 *
 * @typedef {import("./reading.js").Page} Page
 * @typedef {import("./reading.js").Line} Line
 */

import { byId, element, reveal } from "./elements.js";

/** The pane with the text. */
export class Text {
    #list = byId("lines");
    /** @type {Page | undefined} */
    #page;
    /** @type {ReturnType<typeof row>[]} */
    #rows = [];
    #correct;
    /** @type {number | null} The line that was corrected last, or is. */
    last = null;

    /**
     * @param {object} reports
     * @param {(line: number | null) => void} reports.onPoint - the line pointed at or focused
     * @param {(line: number, text: string) => void} reports.onCorrect
     */
    constructor({ onPoint, onCorrect }) {
        this.#correct = onCorrect;
        const list = this.#list;
        list.addEventListener("pointerover", ({ target }) => onPoint(numberOf(target)));
        list.addEventListener("pointerleave", () => onPoint(null));
        list.addEventListener("focusin", ({ target }) => {
            this.last = numberOf(target);
            onPoint(this.last);
        });
        list.addEventListener("focusout", ({ target }) => {
            this.#commit(target);
            onPoint(null);
        });
        list.addEventListener("keydown", (event) => this.#key(event));
        list.addEventListener("click", ({ target }) => {
            const number = numberOf(target);
            if (number === null || !this.#page || !(target instanceof HTMLButtonElement)) return;
            onCorrect(number, this.#page.lines[number].read);
            this.edit(number);
        });
    }

    /** @param {Page} page */
    show(page) {
        this.#page = page;
        this.#list.classList.toggle("runs-down", page.runsDown);
        this.#rows = page.lines.map(row);
        this.#list.replaceChildren(...this.#rows.map(({ item }) => item));
        byId("nothing").hidden = page.lines.length > 0;
        byId("nothing").textContent = page.error ?? "No text was found on this page.";
    }

    /** @param {(line: Line) => boolean} isDoubtful */
    mark(isDoubtful) {
        this.#page?.lines.forEach((line, number) => {
            const { item, field, score, restore } = this.#rows[number];
            const doubtful = isDoubtful(line);
            const verdict = line.corrected ? "corrected" : `score ${line.shownScore}${doubtful ? ", low" : ""}`;
            item.classList.toggle("doubtful", doubtful);
            item.classList.toggle("corrected", line.corrected);
            if (field.textContent !== line.text) field.textContent = line.text;
            field.setAttribute("aria-label", `Line ${number + 1}, ${verdict}`);
            score.hidden = line.corrected;
            restore.hidden = !line.corrected;
        });
    }

    /** Take what is being typed as a correction. */
    finish() {
        this.#commit(document.activeElement);
    }

    /** The line that has the focus. */
    get focused() {
        return numberOf(document.activeElement);
    }

    /** Whether a line is being corrected. */
    get hasFocus() {
        return isField(document.activeElement);
    }

    /** Whether something was typed that is not yet a correction. */
    get isTyping() {
        const number = this.focused;
        return this.hasFocus && number !== null && this.#rows[number].field.textContent !== this.#page?.lines[number].text;
    }

    /**
     * Highlight one line.
     *
     * @param {number | null} number
     * @param {boolean} elsewhere - whether it was pointed at in the picture
     */
    point(number, elsewhere) {
        this.#rows.forEach(({ item }, index) => item.classList.toggle("current", index === number));
        if (elsewhere && number !== null && this.#scrolls) reveal(this.#rows[number].item);
    }

    /**
     * Begin to correct one line.
     *
     * @param {number} number
     */
    edit(number) {
        const { field } = this.#rows[number];
        field.focus({ preventScroll: true });
        reveal(field);
    }

    /** Whether the lines scroll by themselves, so that showing one does not move the picture. */
    get #scrolls() {
        const pane = this.#list.parentElement;
        return pane !== null && getComputedStyle(pane).overflowY === "auto";
    }

    /** @param {KeyboardEvent} event */
    #key(event) {
        const { target, key, isComposing } = event;
        const number = numberOf(target);
        if (!isField(target) || number === null || isComposing) return;
        if (key === "Enter") {
            event.preventDefault();
            const goal = number + (event.shiftKey ? -1 : 1);
            if (this.#rows[goal]) this.edit(goal);
            else this.#commit(target);
        } else if (key === "Escape" && this.#page) {
            target.textContent = this.#page.lines[number].text;
        }
    }

    /** @param {EventTarget | null} target */
    #commit(target) {
        const number = numberOf(target);
        if (isField(target) && number !== null) this.#correct(number, target.textContent ?? "");
    }
}

/**
 * @param {Line} line
 * @param {number} number
 */
function row({ read, shownScore, language, direction }, number) {
    const shown = element("span", { class: "number", "aria-hidden": "true" }, String(number + 1));
    const field = element("div", {
        class: "content",
        role: "textbox",
        contenteditable: "plaintext-only",
        dir: direction,
        spellcheck: "false",
        autocapitalize: "off",
        ...(language && { lang: language }),
    });
    const score = element("span", { class: "score", "aria-hidden": "true" }, shownScore);
    const label = `Restore line ${number + 1} as read: ${read}`;
    const restore = element("button", { type: "button", title: `Read as: ${read}`, "aria-label": label }, "↶");
    const item = element("li", { "data-line": String(number) }, shown, field, score, restore);
    return { item, field, score, restore };
}

/**
 * The number of the line that an element belongs to.
 *
 * @param {EventTarget | null} target
 */
function numberOf(target) {
    const item = target instanceof Element ? target.closest("#lines > li") : null;
    return item instanceof HTMLElement ? Number(item.dataset.line) : null;
}

/**
 * @param {EventTarget | null} target
 * @returns {target is HTMLElement}
 */
function isField(target) {
    return target instanceof HTMLElement && target.isContentEditable;
}
