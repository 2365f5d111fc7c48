/** The worker: decodes and reads pictures, so that the page stays responsive. */

import type { Answer, Ask } from "./messages";
import { engineOf } from "./networks";
import { start } from "./rules/opencv";
import { pageOf, Reader } from "./rules/reader";
import { ReadError } from "./rules/types";
import type { Configuration, Model } from "./settings";
import { weightsOf } from "./weights";

/** Where the page's files are. */
const BASE = new URL(".", import.meta.url);
/** The most pixels of a picture: as many as `ocrzoo ocr` reads by default fit no browser's memory. */
const MOST_PIXELS = 100_000_000;

interface Loaded {
    readonly reader: Reader;
    readonly by: string;
    readonly models: readonly Model[];
}

let loading: Promise<Loaded> | null = null;

self.addEventListener("message", ({ data }: MessageEvent<Ask>) => {
    answerTo(data).catch((error: unknown) => tell({ kind: "failed", message: inOneLine(error) }));
});

function tell(answer: Answer): void {
    self.postMessage(answer);
}

async function answerTo({ picture, provider, threads }: Ask): Promise<void> {
    const pixels = await decode(picture).catch((error: unknown) => tell({ kind: "refused", message: inOneLine(error) }));
    if (!pixels) return;
    const { reader, by, models } = await (loading ??= load(provider, threads));
    const began = performance.now();
    const page = pageOf(pixels);
    try {
        const read = await reader.read(page, (stage, done, of) => {
            const work = stage === "detection" ? "Finding lines" : `Reading line ${done} of ${of}`;
            tell({ kind: "progress", work, share: stage === "detection" ? undefined : done / of });
        });
        if (read.leftOut) tell({ kind: "note", text: `${read.leftOut} regions of text were left out: split the picture.` });
        tell({ kind: "read", page: read, seconds: (performance.now() - began) / 1000, by, models });
    } finally {
        page.delete();
    }
}

/** A picture's pixels as they are stored, without conversion of colors, turned as its EXIF orientation says. */
async function decode(picture: Blob): Promise<ImageData> {
    const bitmap = await createImageBitmap(picture, { colorSpaceConversion: "none", premultiplyAlpha: "none" }).catch(() => {
        throw new ReadError("The browser cannot open this file: choose a PNG, JPEG, WebP, AVIF, GIF or BMP picture.");
    });
    try {
        const { width, height } = bitmap;
        if (width * height > MOST_PIXELS) throw new ReadError(`A picture of ${width} x ${height} pixels is too large: split it.`);
        const canvas = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
        if (!canvas) throw new ReadError("The browser has no memory left for the picture.");
        canvas.fillStyle = "white"; // of transparent ones
        canvas.fillRect(0, 0, width, height);
        canvas.drawImage(bitmap, 0, 0);
        return canvas.getImageData(0, 0, width, height);
    } finally {
        bitmap.close();
    }
}

async function load(provider: Ask["provider"], threads: number): Promise<Loaded> {
    tell({ kind: "progress", work: "Loading the program" });
    const answer = await fetch(new URL("reader.json", BASE), { cache: "no-cache" });
    if (!answer.ok) throw new ReadError(`reader.json could not be loaded: HTTP status ${answer.status}.`);
    const { models, settings } = (await answer.json()) as Configuration;
    const parts = [models.detection, models.recognition];
    const [engine] = await Promise.all([engineOf(provider, threads, BASE), start()]);
    const networks = [];
    for (const { name, weights } of parts) {
        const bytes = await weightsOf(weights, BASE, (share) => tell({ kind: "progress", work: `Loading ${name}`, share }));
        tell({ kind: "progress", work: `Starting ${name}` });
        networks.push(await engine.load(bytes));
    }
    return { reader: new Reader(settings, networks[0], networks[1]), by: engine.name, models: parts };
}

function inOneLine(error: unknown): string {
    if (error instanceof ReadError) return error.message;
    const text = error instanceof Error ? error.message : String(error);
    return `Reading failed: ${text.split("\n")[0].slice(0, 200)}`;
}
