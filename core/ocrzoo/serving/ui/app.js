/**
 * The page: takes a file, has it read, and joins picture, text and what can be done with them.
 *
 * @typedef {import("./api.js").Capabilities} Capabilities
 * @typedef {import("./reading.js").Line} Line
 */

import { capabilities, exported, read, ServerError } from "./api.js";
import { byId, counted, element } from "./elements.js";
import { Picture } from "./picture.js";
import { Reading } from "./reading.js";
import { Text } from "./text.js";
import { clearMessages, isCurrent, note, say, showError, work } from "./work.js";

/** @type {Record<string, {name: string, about: string, suffix: string}>} What is said of formats; others go by their name. */
const FORMATS = {
    txt: { name: "Text", about: "line by line", suffix: "txt" },
    md: { name: "Markdown", about: "for notes and documents", suffix: "md" },
    tsv: { name: "TSV", about: "a table of words, as Tesseract writes it", suffix: "tsv" },
    json: { name: "JSON", about: "all that was read, and what was corrected", suffix: "json" },
    hocr: { name: "hOCR", about: "HTML with the place of each word", suffix: "hocr" },
    alto: { name: "ALTO", about: "the XML of libraries and archives", suffix: "xml" },
    pdf: { name: "Searchable PDF", about: "the pages, with text that can be found", suffix: "pdf" },
    ndjson: { name: "NDJSON", about: "a line of JSON for each page", suffix: "ndjson" },
};

/** @type {Capabilities | null} */
let server = null;
/** @type {Reading | null} */
let reading = null;
/** @type {File | null} */
let original = null; // that the reading is of
let pageNumber = 0;
let unsaved = false; // corrections that are in no download

const language = byId("language", HTMLSelectElement);
const threshold = byId("threshold", HTMLInputElement);
const pageChoice = byId("page", HTMLSelectElement);
const download = byId("download", HTMLDetailsElement);

const picture = new Picture({
    onPoint: (line) => point(line, true),
    onChoose: (line) => text.edit(line),
});
const text = new Text({
    onPoint: (line) => point(line, false),
    onCorrect: correct,
});

/* A file is read. */

/** @param {File | null | undefined} file */
function take(file) {
    text.finish();
    if (!file || !mayDiscard()) return;
    const limit = server?.limits.max_bytes;
    if (limit && file.size > limit) {
        clearMessages();
        showError(`${file.name} has ${mebibytes(file.size)}; this server takes up to ${mebibytes(limit)}.`);
        return;
    }
    work(`Reading ${file.name}`, async (signal) => {
        const preview = URL.createObjectURL(file);
        document.body.dataset.state = "reading";
        byId("title").textContent = file.name;
        picture.preview(preview);
        try {
            const [content, asked, started] = [await base64(file), language.value, performance.now()];
            if (!server) await introduce();
            const answer = await read(content, asked, signal);
            reading = new Reading(file.name, content, asked, answer);
            original = file;
            unsaved = false;
            pageNumber = 0;
            showReading((performance.now() - started) / 1000);
        } catch (error) {
            if (isCurrent(signal)) showBefore();
            if (error instanceof ServerError && error.status !== 401) error.message = `${file.name}: ${error.message}`;
            throw error;
        } finally {
            URL.revokeObjectURL(preview);
        }
    });
}

function mayDiscard() {
    return !unsaved || confirm(`Discard ${counted(reading?.corrections ?? 0, "correction")} in ${reading?.name}?`);
}

/**
 * @param {Blob} file
 * @returns {Promise<string>}
 */
function base64(file) {
    return new Promise((resolve, reject) => {
        const reader = new FileReader();
        reader.onload = () => resolve(String(reader.result).replace(/^[^,]*,/, ""));
        reader.onerror = () => reject(new Error("The browser cannot read this file."));
        reader.readAsDataURL(file);
    });
}

/** @param {number} bytes */
function mebibytes(bytes) {
    return `${(bytes / 2 ** 20).toLocaleString("en", { maximumFractionDigits: 1 })} MiB`;
}

/* It is shown. */

/** @param {number} seconds */
function showReading(seconds) {
    if (!reading) return;
    const { name, pages, lines, warnings } = reading;
    document.body.dataset.state = "done";
    document.title = `${name} – ocrzoo`;
    pageChoice.replaceChildren(...pages.map((_, index) => element("option", { value: String(index) }, String(index + 1))));
    byId("page-count").textContent = `of ${pages.length}`;
    byId("pages").hidden = pages.length < 2;
    showPage();
    const several = pages.length > 1 ? ` on ${pages.length} pages` : "";
    say(`${counted(lines.length, "line")}${several}, read in ${seconds.toFixed(1)} s.`);
    note(warnings);
}

/** Show what was there before a file that could not be read. */
function showBefore() {
    document.body.dataset.state = reading ? "done" : "empty";
    byId("title").textContent = reading?.name ?? "Read a page";
    picture.clear();
    if (reading) showPage();
}

function showPage() {
    const page = reading?.pages[pageNumber];
    if (!reading || !page) return;
    byId("title").textContent = reading.name;
    pageChoice.value = String(pageNumber);
    byId("previous").toggleAttribute("disabled", pageNumber === 0);
    byId("next").toggleAttribute("disabled", pageNumber === reading.pages.length - 1);
    picture.show(page);
    text.show(page);
    mark();
}

/** @param {number} number */
function turnTo(number) {
    if (!reading?.pages[number] || number === pageNumber) return;
    pageNumber = number;
    showPage();
    say(`Page ${number + 1} of ${reading.pages.length}, ${counted(reading.pages[number].lines.length, "line")}.`);
}

/** Show again what scores, corrections and the chosen language say. */
function mark() {
    const limit = Number(threshold.value);
    byId("threshold-value").textContent = limit.toFixed(2);
    byId("again").hidden = !reading || language.value === reading.language;
    if (!reading) return;
    picture.mark(isDoubtful);
    text.mark(isDoubtful);
    const { corrections, lines, pages } = reading;
    const among = pages.length > 1 ? ` on ${pages.length} pages` : "";
    const doubtful = lines.filter(isDoubtful).length;
    byId("summary").textContent = counted(lines.length, "line") + among + (corrections ? `, ${corrections} corrected` : "");
    byId("doubtful").textContent = doubtful ? counted(doubtful, "line") : "none";
    byId("next-doubtful").toggleAttribute("disabled", !doubtful);
    byId("undo").toggleAttribute("disabled", !reading.canUndo);
}

/** @param {Line} line */
function isDoubtful(line) {
    return line.isDoubtful(Number(threshold.value));
}

/**
 * Highlight a line in picture and text; where none is pointed at, the one with the focus.
 *
 * @param {number | null} line
 * @param {boolean} inPicture - whether it was pointed at there
 */
function point(line, inPicture) {
    const shown = line ?? text.focused ?? picture.focused;
    picture.point(shown, inPicture);
    text.point(shown, inPicture && line !== null);
}

/* It is corrected. */

/**
 * @param {number} line
 * @param {string} to
 */
function correct(line, to) {
    if (!reading?.correct(pageNumber, reading.pages[pageNumber].lines[line], to)) return;
    unsaved = true;
    mark();
}

function undo() {
    const undone = reading?.undo();
    if (!reading || !undone) return;
    unsaved = reading.corrections > 0;
    turnTo(undone.page);
    mark();
    text.edit(reading.pages[undone.page].lines.indexOf(undone.line));
    say(`Taken back: ${undone.line.text}`);
}

function goToDoubtful() {
    if (!reading) return;
    const places = reading.pages.flatMap(({ lines }, page) => lines.map((line, number) => ({ page, line, number })));
    const here = places.findIndex(({ page, number }) => page === pageNumber && number === (text.last ?? -1));
    const first = here < 0 ? places.findIndex(({ page }) => page === pageNumber) : here + 1;
    const goal = [...places.slice(first), ...places.slice(0, first)].find(({ line }) => isDoubtful(line));
    if (!goal) return;
    turnTo(goal.page);
    text.edit(goal.number);
}

/* It is taken away. */

async function copyAll() {
    if (!reading) return;
    const copied = await copy(reading.toText("\n"));
    if (copied) say("Copied.");
    else showError("The browser does not let this page copy.");
}

/** @param {string} content */
async function copy(content) {
    try {
        await navigator.clipboard.writeText(content);
        return true;
    } catch {
        // without TLS there is no clipboard but this way
        const field = element("textarea", { class: "aside", "aria-hidden": "true" });
        field.value = content;
        document.body.append(field);
        field.select();
        const copied = document.execCommand("copy");
        field.remove();
        byId("copy").focus();
        return copied;
    }
}

/** @param {string} format */
function save(format) {
    if (!reading) return;
    const { name } = reading;
    const { name: title, suffix } = FORMATS[format] ?? { name: format, suffix: format };
    const saveAs = `${name.replace(/\.[^.]+$/, "")}.${suffix}`;
    work(`Making ${title}`, async (signal) => {
        if (!reading) return;
        const content = await contentOf(reading, format, signal);
        const url = URL.createObjectURL(content);
        element("a", { href: url, download: saveAs }).click();
        setTimeout(() => URL.revokeObjectURL(url), 60_000);
        unsaved = false;
        say(`${saveAs} is downloaded.`);
    });
}

/**
 * @param {Reading} of
 * @param {string} format
 * @param {AbortSignal} signal
 */
async function contentOf(of, format, signal) {
    if (format === "txt") return new Blob([of.toText("\f")]);
    if (format === "json") return new Blob([of.toJson()]);
    return exported(format, of.file, of.corrected, signal);
}

/* The server says what it can do. */

async function introduce() {
    server = await capabilities();
    const { languages, limits, formats, version } = server;
    const installed = languages.filter((one) => one.installed);
    const others = languages.filter((one) => !one.installed);
    language.replaceChildren(
        element("option", { value: "" }, "Server’s default"),
        ...group("Installed", installed),
        ...group("Downloaded at first use", others),
    );
    byId("language-field").hidden = !server.language_per_request;
    const known = Object.keys(FORMATS).filter((format) => formats.includes(format));
    byId("formats").replaceChildren(...Array.from(new Set([...known, ...formats]), offer));
    const parts = [limits.max_bytes && mebibytes(limits.max_bytes), limits.max_pages && counted(limits.max_pages, "page")];
    const most = parts.filter(Boolean).join(" and ");
    byId("limits").textContent = `${most && `Up to ${most} a file · `}ocrzoo ${version}`;
}

function ask() {
    clearMessages();
    introduce().catch((error) => showError(error, ask));
}

/**
 * @param {string} label
 * @param {import("./api.js").Language[]} languages
 */
function group(label, languages) {
    const options = languages.map(({ tag, name }) => element("option", { value: tag }, name));
    return options.length ? [element("optgroup", { label }, ...options)] : [];
}

/** @param {string} format */
function offer(format) {
    const { name, about } = FORMATS[format] ?? { name: format, about: "" };
    const button = element("button", { type: "button" }, element("b", {}, name), " ", element("span", {}, about));
    button.addEventListener("click", () => {
        closeDownload();
        save(format);
    });
    return element("li", {}, button);
}

function closeDownload() {
    if (!download.open) return;
    const focused = download.contains(document.activeElement);
    download.open = false;
    if (focused) download.querySelector("summary")?.focus();
}

/* Controls. */

const chooser = byId("file", HTMLInputElement);
byId("choose").addEventListener("click", () => chooser.click());
chooser.addEventListener("change", () => {
    take(chooser.files?.[0]);
    chooser.value = ""; // the same file may be chosen again
});
byId("again").addEventListener("click", () => take(original));
language.addEventListener("change", mark);
threshold.addEventListener("input", mark);
byId("next-doubtful").addEventListener("click", goToDoubtful);
byId("previous").addEventListener("click", () => turnTo(pageNumber - 1));
byId("next").addEventListener("click", () => turnTo(pageNumber + 1));
pageChoice.addEventListener("change", () => turnTo(Number(pageChoice.value)));
byId("undo").addEventListener("click", undo);
byId("copy").addEventListener("click", copyAll);

document.addEventListener("click", ({ target }) => {
    if (!(target instanceof Node && download.contains(target))) closeDownload();
});
document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") closeDownload();
    const undoes = event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey) && !event.shiftKey;
    if (undoes && !text.isTyping && !(event.target instanceof HTMLInputElement)) {
        event.preventDefault();
        undo();
    }
});
document.addEventListener("paste", (event) => {
    const file = event.clipboardData?.files[0];
    const words = event.clipboardData?.getData("text/plain");
    if (!file || (words && text.hasFocus)) return; // words copied with their picture, for the line that is corrected
    event.preventDefault();
    take(file);
});
document.addEventListener("dragover", (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    document.body.classList.add("dropping");
});
document.addEventListener("dragleave", ({ relatedTarget }) => {
    if (!relatedTarget) document.body.classList.remove("dropping");
});
document.addEventListener("drop", (event) => {
    document.body.classList.remove("dropping");
    const files = event.dataTransfer?.files;
    if (!files?.length) return;
    event.preventDefault();
    take(files[0]);
    if (files.length > 1) note([`One file at a time: ${files[0].name} is read.`]);
});
addEventListener("beforeunload", (event) => {
    text.finish();
    if (unsaved) event.preventDefault();
});

mark();
ask();
