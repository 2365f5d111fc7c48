"use strict";
// Chooses the columns of the matrix and filters its rows; the choice is in the address, after the #.
const form = document.querySelector("#filters");
const count = document.querySelector("#count");
const matrices = Array.from(document.querySelectorAll(".matrix"));
const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
const { q, view, missing } = form.elements;

function show() {
    const words = fold(q.value).trim().split(/\s+/);
    const shown = view?.value || "families";
    for (const matrix of matrices) {
        matrix.hidden = matrix.id !== shown;
        let found = 0;
        for (const row of matrix.querySelector("tbody").rows) {
            const text = fold(row.dataset.text);
            row.hidden = !words.every((word) => text.includes(word))
                || (missing.checked && !row.querySelector(".partial, .none"));
            found += !row.hidden;
        }
        const total = matrix.querySelector("tbody").rows.length;
        if (!matrix.hidden) count.textContent = found === total ? `${total} languages` : `${found} of ${total} languages`;
    }
}

function changed() {
    show();
    const state = new URLSearchParams();
    if (q.value.trim()) state.set("q", q.value.trim());
    if (view?.value) state.set("view", view.value);
    if (missing.checked) state.set("missing", "1");
    const text = state.toString();
    history.replaceState(null, "", text ? `#${text}` : location.href.split("#")[0]);
}

function recall() {
    const state = new URLSearchParams(location.hash.slice(1));
    q.value = state.get("q") ?? "";
    if (view) view.value = state.get("view") === "models" ? "models" : "";
    missing.checked = state.has("missing");
    show();
}

form.hidden = false;
form.addEventListener("input", changed);
form.addEventListener("submit", (event) => event.preventDefault());
addEventListener("hashchange", () => { if (location.hash !== "#main") recall(); });
recall();
