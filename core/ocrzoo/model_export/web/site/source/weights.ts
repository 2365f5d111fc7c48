/** Weights of a network: downloaded once, kept by the browser, and never used unless their digest is the expected one. */

import { ReadError } from "./rules/types";
import type { Weights } from "./settings";

const CACHE = "ocrzoo-weights";
/** Milliseconds without a byte after which a download is given up. */
const STALLED = 30_000;

/** Return the bytes of a file; `progress` is called with the share that is here, 0 to 1. */
export async function weightsOf(file: Weights, base: URL, progress: (share: number) => void): Promise<Uint8Array> {
    if (!globalThis.isSecureContext) {
        throw new ReadError("The browser checks digests only on secure pages: open this page by https, or on localhost.");
    }
    const url = new URL(file.url, base);
    const key = new URL(`weights/sha256/${file.sha256}`, base);
    const cache = await caches.open(CACHE).catch(() => null); // storage may be switched off
    const kept = await cache?.match(key);
    if (kept) {
        const bytes = new Uint8Array(await kept.arrayBuffer());
        if ((await digestOf(bytes)) === file.sha256) return bytes;
        await cache?.delete(key);
    }
    const bytes = await download(url, file.size, progress);
    if ((await digestOf(bytes)) !== file.sha256) {
        throw new ReadError(`${url.href} is not the expected file: its SHA-256 differs. Export the page again, or repair the mirror.`);
    }
    await cache?.put(key, new Response(bytes)).catch(() => undefined); // no room: downloaded again next time
    return bytes;
}

async function digestOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function download(url: URL, size: number, progress: (share: number) => void): Promise<Uint8Array<ArrayBuffer>> {
    const giveUp = new AbortController();
    const clock = { timer: 0 };
    const wait = () => {
        clearTimeout(clock.timer);
        clock.timer = setTimeout(() => giveUp.abort(), STALLED) as unknown as number;
    };
    try {
        wait();
        const answer = await fetch(url, { signal: giveUp.signal, credentials: "same-origin", referrerPolicy: "no-referrer", cache: "no-cache" });
        if (!answer.ok || !answer.body) throw new ReadError(`${url.href} could not be loaded: HTTP status ${answer.status}.`);
        const bytes = new Uint8Array(size);
        let received = 0;
        for await (const part of answer.body as unknown as AsyncIterable<Uint8Array>) {
            if (received + part.length > size) throw new ReadError(`${url.href} is larger than the expected ${size} bytes.`);
            bytes.set(part, received);
            received += part.length;
            progress(received / size);
            wait();
        }
        if (received < size) throw new ReadError(`${url.href} ends after ${received} of ${size} bytes: try again.`);
        return bytes;
    } catch (error) {
        if (error instanceof ReadError) throw error;
        const why = giveUp.signal.aborted ? `nothing came for ${STALLED / 1000} seconds` : "no connection, or the mirror does not allow this page (CORS)";
        throw new ReadError(`${url.href} could not be loaded: ${why}.`);
    } finally {
        clearTimeout(clock.timer);
    }
}
