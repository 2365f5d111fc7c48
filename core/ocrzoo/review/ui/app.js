/**
 * The page of `ocrzoo review`: a person goes through the lines, the most doubtful first, mostly by keyboard.
 *
 * @typedef {import("./lines.js").Line} Line
 */

import { Row, element } from "./lines.js";

const AT_ONCE = 40; // rows that are added together: a thousand with their pictures take long to lay out

const list = byId("lines");
/** @type {Line[]} */
let lines = [];
/** @type {Row[]} */
const rows = [];
/** @type {number[]} The lines that were decided here, the last one at the end. */
const history = [];
let folder = "";
let sending = Promise.resolve(true);

/** @param {string} id */
function byId(id) {
    const found = document.getElementById(id);
    if (!found) throw new TypeError(`#${id} is not in the page`);
    return found;
}

async function start() {
    const answer = await ask("lines");
    ({ lines, folder } = await answer.json());
    show(AT_ONCE);
    count();
    const first = nextOpen(-1);
    if (first === null) return;
    go(first);
    const decided = lines.filter((line) => line.verdict).length;
    if (decided) say(`${decided} of ${lines.length} lines were decided before.`);
}

/**
 * Have at least so many rows in the list.
 *
 * @param {number} wanted
 */
function show(wanted) {
    const end = Math.min(Math.max(wanted, 0), lines.length);
    const added = [];
    for (let number = rows.length; number < end; number++) {
        const row = new Row(lines[number], number);
        rows.push(row);
        added.push(row.item);
    }
    list.append(...added);
    byId("more").hidden = rows.length === lines.length;
}

/**
 * The next line without a decision: after a line, or else before it.
 *
 * @param {number} number
 */
function nextOpen(number) {
    const after = lines.findIndex((line, index) => index > number && !line.verdict);
    const found = after >= 0 ? after : lines.findIndex((line) => !line.verdict);
    return found >= 0 ? found : null;
}

/**
 * Go to a line.
 *
 * @param {number} number
 */
function go(number) {
    if (number >= rows.length - 5) show(number + AT_ONCE);
    const { field, item, line } = rows[number];
    field.focus({ preventScroll: true });
    const [start, end] = (line.verdict ? undefined : line.marks[0]) ?? [field.value.length, field.value.length];
    field.setSelectionRange(start, end); // what is typed replaces what is doubtful
    item.scrollIntoView({ block: "center" });
}

/**
 * Decide on a line and go on; the page goes on at once, and says so if that was not written down.
 *
 * @param {number} number
 * @param {string | null} text - `null`: no text
 */
function decide(number, text) {
    const line = lines[number];
    Object.assign(line, { text, verdict: text === null ? "rejected" : text === line.read ? "accepted" : "corrected" });
    history.push(number);
    changed(number);
    send({ line: number, text });
    const next = nextOpen(number);
    if (next !== null) go(next);
}

function undo() {
    const number = history.pop();
    if (number === undefined) return;
    Object.assign(lines[number], { text: null, verdict: null });
    changed(number);
    send({ line: number, undo: true });
    go(number);
    say(`Line ${number + 1} is open again.`);
}

/** @param {number} number */
function changed(number) {
    rows[number].show();
    say("");
    count();
}

function count() {
    const decided = lines.filter((line) => line.verdict).length;
    const progress = /** @type {HTMLProgressElement} */ (byId("progress"));
    progress.max = Math.max(lines.length, 1);
    progress.value = decided;
    byId("count").textContent = `${decided} of ${lines.length} lines`;
    const over = decided === lines.length;
    const next = `ocrzoo dataset build ${folder} --out DATASET`;
    byId("done").hidden = !over;
    byId("done").replaceChildren("All lines are decided. Next: ", element("code", {}, next));
    /** @type {HTMLButtonElement} */ (byId("undo")).disabled = !history.length;
    /** @type {HTMLButtonElement} */ (byId("next")).disabled = over;
}

/**
 * Send decisions one after the other, in their order; those after one that failed are sent all the same.
 *
 * @param {{line: number, text?: string | null, undo?: boolean}} decision
 */
function send(decision) {
    sending = sending.then(async () => {
        try {
            await ask("decisions", decision);
        } catch (error) {
            const again = element("button", { type: "button" }, "Try again");
            const failed = element("p", {}, `Line ${decision.line + 1} was not saved: ${/** @type {Error} */ (error).message} `, again);
            again.addEventListener("click", () => {
                failed.remove();
                send(decision);
            });
            byId("error").append(failed);
        }
        return true;
    });
}

/**
 * @param {string} path
 * @param {object} [body]
 */
async function ask(path, body) {
    let response;
    try {
        response = await fetch(path, body && { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" } });
    } catch {
        throw new Error("the command does not answer: start it again, and open the address that it prints.");
    }
    if (!response.ok) throw new Error(`${await response.text()}.`);
    return response;
}

/** @param {string} text */
function say(text) {
    byId("status").textContent = text;
}

/**
 * The row that an element belongs to.
 *
 * @param {EventTarget | null} target
 */
function rowOf(target) {
    const item = target instanceof Element ? target.closest("#lines > li") : null;
    return item instanceof HTMLElement ? rows[Number(item.dataset.line)] : null;
}

/**
 * Take the text of a row; one that was emptied is a line without text.
 *
 * @param {Row} row
 */
function take(row) {
    decide(row.number, row.typed || null);
}

list.addEventListener("click", ({ target }) => {
    const row = rowOf(target);
    const button = target instanceof Element ? target.closest("button") : null;
    if (!row || !button) return;
    if (button.dataset.take !== undefined) {
        row.field.value = row.line.alternatives[Number(button.dataset.take)];
        take(row);
    } else {
        decide(row.number, null);
    }
});

list.addEventListener("focusin", ({ target }) => {
    for (const item of list.querySelectorAll(".current")) item.classList.remove("current");
    rowOf(target)?.item.classList.add("current");
});

document.addEventListener("selectionchange", () => {
    const row = rowOf(document.activeElement);
    if (row && document.activeElement === row.field && row.field.selectionStart === row.field.selectionEnd) row.follow();
});

document.addEventListener("keydown", (event) => {
    if (event.isComposing) return; // Enter ends the choice of a character in an input method
    const row = rowOf(event.target);
    if (event.altKey && !event.ctrlKey && !event.metaKey) {
        const digit = /^(?:Digit|Numpad)([1-9])$/.exec(event.code)?.[1];
        if (event.code === "KeyZ") undo();
        else if (row && event.code === "KeyN") decide(row.number, null);
        else if (row && digit && row.line.alternatives[Number(digit) - 1] !== undefined) {
            row.field.value = row.line.alternatives[Number(digit) - 1];
            take(row);
        } else return;
        event.preventDefault();
    } else if (row && event.target === row.field && event.key === "Enter") {
        event.preventDefault();
        if (!event.shiftKey) take(row);
        else if (row.number > 0) go(row.number - 1);
    } else if (row && event.target === row.field && event.key === "Escape") {
        row.field.value = row.line.read;
    }
});

byId("undo").addEventListener("click", undo);
byId("next").addEventListener("click", () => {
    const current = rowOf(list.querySelector(".current"));
    const next = nextOpen(current ? current.number : -1);
    if (next !== null) go(next);
});
byId("more").addEventListener("click", () => show(rows.length + AT_ONCE));
new IntersectionObserver((seen) => {
    if (seen.some((one) => one.isIntersecting)) show(rows.length + AT_ONCE);
}, { rootMargin: "600px" }).observe(byId("more"));
addEventListener("beforeunload", (event) => {
    if (rows.some((row) => row.isChanged) || byId("error").childElementCount) event.preventDefault();
});

start().catch((error) => byId("error").append(element("p", {}, error.message)));
