/** The page: takes a picture, lets the worker read it, and shows what was read. */

import { byId, drawing, element } from "./elements";
import type { Answer, Ask, Provider } from "./messages";
import type { ReadPage } from "./rules/reader";

/** `?provider=wasm&threads=1` in the address: what computes; by default the browser's best. */
const QUERY = new URLSearchParams(location.search);

let worker: Worker | null = null;
let picture = "";
/** The number of the picture that was chosen last: what is known later of another one is not shown. */
let asked = 0;
/** What was read last, as it is saved. */
let result: { name: string; text: string; json: object } | null = null;

/** The worker, as a script of this page: with the address of a file, it would not have this page's policy. */
function started(): Worker {
    const script = `import ${JSON.stringify(new URL("worker.js", import.meta.url).href)};`;
    const address = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
    const made = new Worker(address, { type: "module" });
    made.addEventListener("error", () => stop("The program could not be started: reload the page."));
    return made;
}

/** End the program; it is loaded again with the next picture. */
function stop(failure?: string): void {
    worker?.terminate();
    worker = null;
    leave(failure);
}

/** Show that nothing is read, and why. */
function leave(failure?: string): void {
    asked++;
    byId("progress").hidden = true;
    document.body.dataset.state = result ? "done" : "empty";
    byId("status").textContent = failure === undefined ? "Cancelled." : "";
    if (failure !== undefined) byId("error").replaceChildren(element("p", {}, failure));
    if (!result) clear();
}

function clear(): void {
    byId("sheet").replaceChildren();
    byId("title").textContent = "Read a picture";
}

async function read(file: File): Promise<void> {
    if (!byId("progress").hidden) stop();
    result = null;
    const own = ++asked;
    byId("error").replaceChildren();
    byId("notes").replaceChildren();
    byId("title").textContent = file.name;
    byId("status").textContent = "Reading.";
    document.body.dataset.state = "reading";
    const address = URL.createObjectURL(file);
    const { width, height } = await sizeOf(address);
    if (own !== asked) return URL.revokeObjectURL(address);
    URL.revokeObjectURL(picture);
    picture = address;
    sheet(width, height);
    progress("Opening the picture");
    byId("progress").hidden = false;
    worker ??= started();
    worker.onmessage = ({ data }: MessageEvent<Answer>) => own === asked && take(data, file.name);
    const ask: Ask = { picture: file, provider: (QUERY.get("provider") ?? "auto") as Provider, threads: Number(QUERY.get("threads")) || 0 };
    worker.postMessage(ask);
}

function take(answer: Answer, name: string): void {
    if (answer.kind === "progress") progress(answer.work, answer.share);
    else if (answer.kind === "note") byId("notes").append(element("p", {}, answer.text));
    else if (answer.kind === "refused") leave(answer.message);
    else if (answer.kind === "failed") stop(answer.message);
    else {
        byId("progress").hidden = true;
        document.body.dataset.state = "done";
        show(answer.page, name, answer.models.map((model) => model.name), answer.seconds);
        const { length } = answer.page.lines;
        byId("status").textContent = `${length} ${length === 1 ? "line" : "lines"}, read in ${answer.seconds.toFixed(1)} s by ${answer.by}.`;
    }
}

function progress(work: string, share?: number): void {
    byId("work").textContent = work;
    const bar = byId<HTMLProgressElement>("share");
    if (share === undefined) bar.removeAttribute("value");
    else bar.value = share;
}

/** The size that a picture is shown with before anything is known of it. */
async function sizeOf(address: string): Promise<{ width: number; height: number }> {
    const image = new Image();
    image.src = address;
    await image.decode().catch(() => undefined); // the worker says what is wrong with it
    return { width: image.naturalWidth || 1, height: image.naturalHeight || 1 };
}

function sheet(width: number, height: number): SVGSVGElement {
    const image = drawing("image", { href: picture, width, height, preserveAspectRatio: "none", role: "img", "aria-label": "The picture" });
    const shown = drawing("svg", { viewBox: `0 0 ${width} ${height}` }, image);
    byId("sheet").style.setProperty("--ratio", String(width / height));
    byId("sheet").replaceChildren(shown);
    return shown;
}

function show({ width, height, lines, order }: ReadPage, name: string, models: string[], seconds: number): void {
    const boxes = order.map((index) => drawing("polygon", { points: lines[index].polygon.join(" ") }));
    const rows = order.map((index, place) =>
        element(
            "button",
            { type: "button" },
            element("span", { class: "number" }, String(place + 1)),
            element("bdi", { class: "content" }, lines[index].text),
            element("span", { class: "score" }, lines[index].score.toFixed(3)),
        ),
    );
    const point = (place: number) => {
        for (const shown of [boxes, rows]) for (const [other, one] of shown.entries()) one.classList.toggle("current", other === place);
        rows[place].scrollIntoView({ block: "nearest" });
    };
    for (const [place, row] of rows.entries()) {
        row.addEventListener("click", () => point(place));
        row.addEventListener("focus", () => point(place));
        boxes[place].addEventListener("click", () => rows[place].focus());
    }
    sheet(width, height).append(drawing("g", { "aria-hidden": "true" }, ...boxes)); // the list says the same
    byId("lines").replaceChildren(...rows.map((row) => element("li", {}, row)));
    byId("nothing").hidden = lines.length > 0;
    byId("models").textContent = `Read with ${models.join(" and ")}.`;
    const text = order.map((index) => lines[index].text).join("\n");
    const json = {
        input_path: name,
        models,
        seconds,
        width,
        height,
        rec_texts: lines.map((line) => line.text),
        rec_scores: lines.map((line) => line.score),
        rec_polys: lines.map((line) => line.quad),
        reading_order: order,
    };
    result = { name: name.replace(/\.[^.]*$/, ""), text: text && `${text}\n`, json };
}

function save(content: string, name: string, type: string): void {
    const address = URL.createObjectURL(new Blob([content], { type }));
    element("a", { href: address, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** The first file that is carried, or a message. */
function carried(data: DataTransfer | null): void {
    const file = data?.files[0];
    if (file) void read(file);
}

byId("not-started").remove();
byId("choose").addEventListener("click", () => byId("file").click());
byId<HTMLInputElement>("file").addEventListener("change", ({ target }) => {
    const field = target as HTMLInputElement;
    const file = field.files?.[0];
    if (file) void read(file);
    field.value = "";
});
byId("cancel").addEventListener("click", () => {
    stop();
    byId("choose").focus();
});
byId("copy").addEventListener("click", () => {
    navigator.clipboard.writeText(result?.text ?? "").then(
        () => (byId("status").textContent = "Copied."),
        () => (byId("status").textContent = "The browser does not allow copying here."),
    );
});
byId("save-text").addEventListener("click", () => result && save(result.text, `${result.name}.txt`, "text/plain"));
byId("save-json").addEventListener("click", () => result && save(`${JSON.stringify(result.json)}\n`, `${result.name}.json`, "application/json"));
document.addEventListener("paste", (event) => carried(event.clipboardData));
document.addEventListener("dragover", (event) => {
    event.preventDefault();
    document.body.classList.add("dragging");
});
document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) document.body.classList.remove("dragging");
});
document.addEventListener("drop", (event) => {
    event.preventDefault();
    document.body.classList.remove("dragging");
    carried(event.dataTransfer);
});
