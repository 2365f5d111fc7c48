/**
 * What was read of one file: pages of lines in reading order, and what a person corrected. Knows no DOM and no server.
 *
 * @typedef {import("./api.js").Answer} Answer
 * @typedef {import("./api.js").PageResult} PageResult
 * @typedef {import("./api.js").Point} Point
 * @typedef {import("./api.js").Size} Size
 */

/** Letters that are set one under the other where a line is higher than wide; others lie on their side there. */
const UPRIGHT = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}]/u;
const RIGHT_TO_LEFT = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/gu;
const LETTER = /\p{L}/gu;
const TALL = 1.5; // height to width of a line that runs down, as in the pipeline

/** One line of text. */
export class Line {
    /**
     * @param {number} index - in the result's arrays
     * @param {string} read - what the server read
     * @param {number} score
     * @param {Point[]} polygon
     * @param {string | null} language
     */
    constructor(index, read, score, polygon, language) {
        this.index = index;
        this.read = read;
        this.text = read;
        this.score = score;
        this.polygon = polygon;
        this.language = language;
    }

    get corrected() {
        return this.text !== this.read;
    }

    /** The score as shown: rounded down, so that it is never above a threshold that the line is below. */
    get shownScore() {
        return (Math.floor(this.score * 100) / 100).toFixed(2);
    }

    /** Whether its box is higher than wide. */
    get isTall() {
        const [topLeft, topRight, , bottomLeft] = this.polygon;
        return distance(topLeft, bottomLeft) >= TALL * distance(topLeft, topRight);
    }

    /** Whether its letters stand one under the other. */
    get runsDown() {
        return this.isTall && UPRIGHT.test(this.read);
    }

    /** For `dir`: a line may begin with a Latin word and still run from the right. */
    get direction() {
        const fromRight = this.read.match(RIGHT_TO_LEFT)?.length ?? 0;
        return fromRight * 2 > (this.read.match(LETTER)?.length ?? 0) ? "rtl" : "auto";
    }

    /** @param {number} threshold */
    isDoubtful(threshold) {
        return !this.corrected && this.score < threshold;
    }
}

/** One page with its picture. */
export class Page {
    /**
     * @param {PageResult} result
     * @param {Size} size - of the page as it was sent
     */
    constructor(result, size) {
        const { rec_texts: texts = [], rec_scores: scores = [], rec_polys: polygons = [], ...others } = result.prunedResult;
        const order = others.reading_order ?? texts.map((_, index) => index);
        this.result = result.prunedResult;
        this.lines = order.map(
            (index) => new Line(index, texts[index], scores[index], polygons[index], others.rec_languages?.[index] ?? null),
        );
        this.warnings = others.warnings ?? [];
        /** Why it could not be read. */
        this.error = result.error ?? null;
        this.picture = result.inputImage ? `data:image/jpeg;base64,${result.inputImage}` : null;
        this.size = size;
        /** Degrees counter-clockwise by which the server turned the page before it read it. */
        this.turned = Math.max(0, others.doc_preprocessor_res?.angle ?? 0); // -1: it did not look
    }

    /** Size of the page as it was read: polygons are in its pixels. */
    get readSize() {
        const { width, height } = this.size;
        return this.turned % 180 ? { width: height, height: width } : { width, height };
    }

    /**
     * A point of the page as it was read, in the pixels of the page as it was sent.
     *
     * @param {Point} point
     * @returns {Point}
     */
    inFile([x, y]) {
        const { width, height } = this.size;
        if (this.turned === 90) return [width - y, x];
        if (this.turned === 180) return [width - x, height - y];
        if (this.turned === 270) return [y, height - x];
        return [x, y];
    }

    /** Whether most of its text runs down, in columns from the right. */
    get runsDown() {
        const letters = this.lines.reduce((sum, line) => sum + (line.runsDown ? line.text.length : -line.text.length), 0);
        return letters > 0;
    }
}

/** A file as it was read, with corrections. */
export class Reading {
    /** @type {{line: Line, page: number, before: string}[]} */
    #history = [];
    /** @type {string[]} */
    #said;

    /**
     * @param {string} name - of the file
     * @param {string} file - its bytes as base64
     * @param {string} language - that was asked for
     * @param {Answer} answer
     */
    constructor(name, file, language, answer) {
        this.name = name;
        this.file = file;
        this.language = language;
        this.info = answer.dataInfo;
        this.#said = answer.warnings ?? [];
        this.pages = answer.ocrResults.map((result, index) => new Page(result, sizeOf(answer, index)));
    }

    get lines() {
        return this.pages.flatMap((page) => page.lines);
    }

    /** What the server says besides: pages left out, or not read. */
    get warnings() {
        return [...new Set([...this.#said, ...this.pages.flatMap((page) => page.warnings)])];
    }

    get corrections() {
        return this.lines.filter((line) => line.corrected).length;
    }

    get canUndo() {
        return this.#history.length > 0;
    }

    /**
     * @param {number} page
     * @param {Line} line
     * @param {string} text
     * @returns {boolean} whether that changed it
     */
    correct(page, line, text) {
        if (text === line.text) return false;
        const clean = text.replace(/[\t\n\v\f\r]+/g, " ").trim();
        if (clean === line.text) return false;
        this.#history.push({ line, page, before: line.text });
        line.text = clean;
        return true;
    }

    /** Take the last correction back; returns where that was. */
    undo() {
        const last = this.#history.pop();
        if (last) last.line.text = last.before;
        return last;
    }

    /** What exports are made from. A line that a person corrected has no doubt left. */
    get corrected() {
        const pages = this.pages.map((page) => ({
            lines: page.lines.map(({ text, polygon, score, corrected }) => ({
                text,
                polygon: polygon.map((point) => page.inFile(point)),
                score: corrected ? 1 : score,
            })),
        }));
        return { pages };
    }

    /**
     * @param {string} between - pages
     * @returns {string} one line of text a line
     */
    toText(between) {
        const texts = this.pages.map(({ lines }) => lines.filter(({ text }) => text.trim()).map(({ text }) => `${text}\n`));
        return texts.map((page) => page.join("")).join(between);
    }

    /** The server's results with the texts corrected, and for each corrected line what had been read. */
    toJson() {
        const pages = this.pages.map(({ lines, result }) => {
            const texts = [...(result.rec_texts ?? [])];
            for (const { index, text } of lines) texts[index] = text;
            const corrections = lines.filter((line) => line.corrected).map(({ index, read }) => ({ index, read }));
            return { ...result, rec_texts: texts, corrections };
        });
        return `${JSON.stringify({ file: this.name, dataInfo: this.info, pages }, null, 2)}\n`;
    }
}

/**
 * @param {Answer} answer
 * @param {number} index
 * @returns {Size}
 */
function sizeOf({ dataInfo }, index) {
    const { width, height } = dataInfo.pages?.[index] ?? dataInfo;
    return { width: width || 1, height: height || 1 }; // a page that could not be read has none
}

/**
 * @param {Point} a
 * @param {Point} b
 */
function distance(a, b) {
    return Math.hypot(a[0] - b[0], a[1] - b[1]);
}
