"use strict";
// Filters and sorts the rows of the table. What is chosen is in the address, after the #, so that it can be linked.
const form = document.querySelector("#filters");
const table = document.querySelector("#models");
const body = table.tBodies[0];
const count = document.querySelector("#count");
const all = document.querySelector("#all");
const AT_ONCE = 200; // rows: more take a browser long to lay out
const LISTS = ["language", "script"];
const NUMBERS = ["count", "size", "ms"];
const ORDER = new Intl.Collator("en", { numeric: true });
const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
const models = Array.from(body.rows, (row) => ({ row, ...row.dataset, text: fold(`${row.textContent} ${row.dataset.more}`) }));
for (const { row } of models.slice(AT_ONCE)) row.classList.remove("later");
const chosen = (name) => form.elements.namedItem(name)?.value.trim() ?? "";
const selects = Array.from(form.querySelectorAll("select"), (select) => select.name);
let sort = "", descending = false, limit = AT_ONCE;

function matches(model) {
    const size = parseFloat(chosen("size"));
    return fold(chosen("q")).split(/\s+/).every((word) => model.text.includes(word))
        && selects.every((name) => {
            const value = chosen(name);
            return !value || (LISTS.includes(name) ? model[name].split(" ").includes(value) : model[name] === value);
        })
        && !(size >= 0 && !(parseFloat(model.size) <= size));
}

function compare(one, other) {
    const [a, b] = [one[sort], other[sort]];
    if (!a || !b) return !a - !b; // what is not known is last, in both directions
    const order = NUMBERS.includes(sort) ? a - b : ORDER.compare(a, b);
    return descending ? -order : order;
}

function show() {
    const found = models.filter(matches);
    if (sort) found.sort(compare);
    const shown = found.slice(0, limit);
    body.replaceChildren(...shown.map((model) => model.row));
    count.textContent = found.length === models.length ? `${models.length} models` : `${found.length} of ${models.length} models`;
    if (!found.length) count.textContent += ": nothing matches. Remove a filter.";
    all.hidden = shown.length === found.length;
    all.textContent = `Show all ${found.length}`;
    for (const heading of table.tHead.rows[0].cells) {
        const direction = descending ? "descending" : "ascending";
        if (heading.dataset.key === sort) heading.setAttribute("aria-sort", direction);
        else heading.removeAttribute("aria-sort");
    }
}

function remember() {
    const state = new URLSearchParams();
    for (const { name, value } of form.elements) if (name && value.trim()) state.set(name, value.trim());
    if (sort) state.set("sort", descending ? `-${sort}` : sort);
    const text = state.toString();
    history.replaceState(null, "", text ? `#${text}` : location.href.split("#")[0]);
}

function recall() {
    const state = new URLSearchParams(location.hash.slice(1));
    for (const field of form.elements) if (field.name) {
        field.value = state.get(field.name) ?? "";
        if (field.tagName === "SELECT" && field.selectedIndex < 0) field.value = "";
    }
    const wanted = state.get("sort") ?? "";
    const key = wanted.replace(/^-/, "");
    sort = Array.from(table.tHead.rows[0].cells).some((cell) => cell.dataset.key === key) ? key : "";
    descending = wanted.startsWith("-");
    show();
}

function changed() {
    limit = AT_ONCE;
    show();
    remember();
}

for (const heading of table.tHead.rows[0].cells) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = heading.textContent;
    button.addEventListener("click", () => {
        const key = heading.dataset.key;
        descending = sort === key && !descending;
        sort = key;
        changed();
    });
    heading.replaceChildren(button);
}
form.hidden = false;
form.addEventListener("input", changed);
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("reset", () => setTimeout(() => { sort = ""; descending = false; changed(); }));
all.addEventListener("click", () => { limit = Infinity; show(); body.rows[AT_ONCE]?.querySelector("a").focus(); });
addEventListener("beforeprint", () => { limit = Infinity; show(); });
addEventListener("hashchange", () => { if (location.hash !== "#main") recall(); });
recall();
