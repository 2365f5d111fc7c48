/**
 * The server's wire: what it can do, reading a file, and exports.
 *
 * @typedef {{tag: string, name: string, installed: boolean}} Language
 * @typedef {{version: string, languages: Language[], formats: string[],
 *     limits: {max_bytes: number | null, max_pages: number | null}, language_per_request: boolean}} Capabilities
 * @typedef {[number, number]} Point
 * @typedef {{width: number, height: number}} Size
 * @typedef {{rec_texts?: string[], rec_scores?: number[], rec_polys?: Point[][], reading_order?: number[],
 *     rec_languages?: (string | null)[], warnings?: string[], doc_preprocessor_res?: {angle?: number}}} PrunedResult
 * @typedef {{prunedResult: PrunedResult, inputImage?: string, error?: string}} PageResult
 * @typedef {{type: string, width?: number, height?: number, numPages?: number, totalPages?: number, pages?: Size[]}} DataInfo
 * @typedef {{ocrResults: PageResult[], dataInfo: DataInfo, warnings?: string[]}} Answer
 * @typedef {{pages: {lines: {text: string, polygon: Point[], score: number}[]}[]}} Corrected
 */

const ROOT = new URL("../", import.meta.url); // the page lies at ui/, behind whatever prefix a proxy has
const KEY = "ocrzoo.apiKey";

/** What the server refused, in its words. */
export class ServerError extends Error {
    /**
     * @param {string} message
     * @param {number} status - 0 if it did not answer
     * @param {number} [retryAfter] - seconds
     */
    constructor(message, status, retryAfter) {
        super(message);
        this.status = status;
        this.retryAfter = retryAfter;
    }

    /** Whether the same request may succeed later. */
    get passes() {
        return [0, 429, 502, 503, 504].includes(this.status);
    }
}

/** @param {string} key */
export function useKey(key) {
    sessionStorage.setItem(KEY, key);
}

/** @returns {Promise<Capabilities>} */
export async function capabilities() {
    return (await call("capabilities")).json();
}

/**
 * @param {string} file - base64
 * @param {string} language - a tag; empty for the server's own choice
 * @param {AbortSignal} signal
 * @returns {Promise<Answer>}
 */
export async function read(file, language, signal) {
    const body = {
        file,
        fileType: null,
        visualize: false,
        images: ["inputImage"],
        useDocUnwarping: false, // boxes would not fit the picture, nor lines the page of an export
        ...(language && { lang: language }),
    };
    return (await (await call("ocr", body, signal)).json()).result;
}

/**
 * @param {string} format
 * @param {string} file - base64
 * @param {Corrected} corrected
 * @param {AbortSignal} signal
 * @returns {Promise<Blob>}
 */
export async function exported(format, file, corrected, signal) {
    const path = `export?format=${encodeURIComponent(format)}`;
    return (await call(path, { file, fileType: null, ...corrected }, signal)).blob();
}

/**
 * @param {string} path
 * @param {object} [body]
 * @param {AbortSignal} [signal]
 */
async function call(path, body, signal) {
    const key = sessionStorage.getItem(KEY);
    const request = new Request(new URL(path, ROOT), {
        method: body ? "POST" : "GET",
        headers: { ...(body && { "Content-Type": "application/json" }), ...(key && { Authorization: `Bearer ${key}` }) },
        body: body && JSON.stringify(body),
        signal,
    });
    let response;
    try {
        response = await fetch(request);
    } catch (error) {
        if (signal?.aborted) throw error;
        throw new ServerError("The server does not answer.", 0);
    }
    if (!response.ok) throw await refusal(response);
    return response;
}

/** @param {Response} response */
async function refusal(response) {
    let message;
    try {
        message = (await response.json()).errorMsg;
    } catch {
        // not the server's own words: a proxy's page, or nothing
    }
    message ||= `The server answered with status ${response.status}.`;
    const seconds = Number(response.headers.get("Retry-After") || NaN);
    return new ServerError(String(message).replace(/\s+/g, " ").trim(), response.status, seconds || undefined);
}
