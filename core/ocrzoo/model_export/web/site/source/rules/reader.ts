/** A page's way from pixels to lines of text (`ocrzoo.pipelines.ocr`), with one detection and one recognition network. */

import { type Regions, type Size, normalize, postprocess, scaled } from "./detection";
import { crop, isTall, paddlexOrder } from "./geometry";
import { join, pieces } from "./longLines";
import { cv, type Mat, scoped } from "./opencv";
import { calls, decode, type Line, preprocess, shares } from "./recognition";
import { readingOrder } from "./readingOrder";
import { fullSize, isScaled, joinedMap, losesText, together } from "./tiles";
import { turnDoubtful } from "./turnedLines";
import { type Batching, type DetectionParams, type Image, type LineShape, type Network, type Quad, ReadError } from "./types";

/** What a page is read with; all but the networks is data of their models. */
export interface Settings {
    readonly detection: DetectionParams;
    readonly lines: LineShape;
    readonly batching: Batching;
    readonly batchSize: number;
    /** One entry a class of the network, the blank first. */
    readonly characters: readonly string[];
    /** Lines with a lower score are left out. */
    readonly scoreThresh: number;
}

/** One line of a page. */
export interface ReadLine {
    readonly text: string;
    /** 0 to 1. */
    readonly score: number;
    /** Corners from the top left one, as the letters stand. */
    readonly polygon: Quad;
    readonly quad: Quad;
    readonly runsDown: boolean;
}

export interface ReadPage {
    readonly width: number;
    readonly height: number;
    /** From top to bottom, as in the arrays of Python's results. */
    readonly lines: readonly ReadLine[];
    /** The indices of the lines in reading order. */
    readonly order: readonly number[];
    /** Regions of text that were left out. */
    readonly leftOut: number;
}

export type Progress = (stage: "detection" | "recognition", done: number, of: number) => void;

/** Reads pages. */
export class Reader {
    constructor(
        private readonly settings: Settings,
        private readonly detector: Network,
        private readonly recognizer: Network,
    ) {}

    /** Read a page of H x W x 3 bytes, BGR; the caller frees it. */
    async read(page: Image, progress: Progress = () => undefined): Promise<ReadPage> {
        progress("detection", 0, 1);
        const { quads, leftOut } = await this.detect(page);
        const cut = paddlexOrder(quads).map((index) => ({ quad: quads[index], image: crop(page, quads[index]) }));
        const crops = cut.filter((one): one is { quad: Quad; image: Image } => one.image !== null);
        try {
            const images = crops.map(({ image }) => image);
            const tall = crops.map(({ quad }) => isTall(quad));
            const lines = await this.recognize(images, (done) => progress("recognition", done, images.length));
            const turned = await turnDoubtful(images, tall, lines, (again) => this.recognize(again));
            const read = lines.map((line, index) => placed(line, crops[index].quad, tall[index], turned[index]));
            const kept = read.filter(({ score }) => score >= this.settings.scoreThresh);
            return { width: page.cols, height: page.rows, lines: kept, order: orderOf(kept), leftOut };
        } finally {
            for (const { image } of crops) image.delete();
        }
    }

    private async detect(page: Image): Promise<Regions> {
        const params = this.settings.detection;
        const size: Size = [page.rows, page.cols];
        const regions = await using(scaled(page, params), async (image) => {
            const map = await this.map(normalize(image), [image.rows, image.cols]);
            const whole = new cv.Mat(image.rows, image.cols, cv.CV_32FC1);
            whole.data32F.set(map);
            return using(whole, async (one) => postprocess(one, size, params));
        });
        const nothing = !regions.quads.length && isScaled(size, params);
        if (!nothing && !losesText(size, params)) return regions;
        const inTiles = await using(fullSize(page, params), async (image) =>
            using(await joinedMap(image, (input, one) => this.map(input, one)), async (joined) => postprocess(joined, size, params)),
        );
        return together(regions, inTiles, size);
    }

    private async map(input: Float32Array, [height, width]: Size): Promise<Float32Array> {
        const { data, shape } = await this.detector(input, [1, 3, height, width]);
        if (shape.length !== 4 || shape[2] !== height || shape[3] !== width) {
            throw new ReadError(`not a text detection network: its output has the shape ${shape.join(" x ")}`);
        }
        return data.subarray(0, height * width);
    }

    /** Read crops; lines come in their order. */
    private async recognize(crops: readonly Image[], done: (lines: number) => void = () => undefined): Promise<Line[]> {
        const { batchSize, batching, lines: shape } = this.settings;
        const cut = crops.map((one) => pieces(one, shape));
        const short = [...crops.keys()].filter((index) => cut[index] === null);
        const found = new Map<number, Line>();
        const read = await this.inCalls(short.map((index) => crops[index]), batchSize, batching, done);
        for (const [place, index] of short.entries()) found.set(index, read[place]);
        for (const [index, parts] of cut.entries()) {
            if (!parts) continue;
            try {
                found.set(index, join(await this.inCalls(parts.map(({ image }) => image), batchSize, "width"), parts, shape));
            } finally {
                for (const { image } of parts) image.delete();
            }
            done(found.size);
        }
        return crops.map((_, index) => found.get(index)!);
    }

    private async inCalls(crops: readonly Image[], batchSize: number, batching: Batching, done: (lines: number) => void = () => undefined): Promise<Line[]> {
        const { lines: shape, characters } = this.settings;
        const found = new Map<number, Line>();
        for (const call of calls(crops, batchSize, batching, shape)) {
            const some = call.lines.map((index) => crops[index]);
            const { data, shape: output } = await this.recognizer(preprocess(some, shape, call.width), [some.length, 3, shape.height, call.width]);
            if (output.length !== 3 || output[0] !== some.length || output[2] !== characters.length) {
                throw new ReadError(`the network has an output of ${output.join(" x ")}; its charset has ${characters.length} classes`);
            }
            const lines = decode(data, output, characters, shares(some, shape, call.ratio));
            for (const [place, index] of call.lines.entries()) found.set(index, lines[place]);
            done(found.size);
        }
        return crops.map((_, index) => found.get(index)!);
    }
}

/** A line with its corners as the letters stand (`ocrzoo.results.line`). */
function placed({ text, score }: Line, quad: Quad, tall: boolean, flipped: boolean): ReadLine {
    const runsDown = tall && !flipped;
    const turns = 2 * Number(flipped) + Number(tall && !runsDown);
    const polygon = [...quad.slice(turns), ...quad.slice(0, turns)] as unknown as Quad;
    return { text, score, polygon, quad, runsDown };
}

/** Do work with a matrix, then free it. */
async function using<Result>(mat: Mat, work: (mat: Mat) => Promise<Result>): Promise<Result> {
    try {
        return await work(mat);
    } finally {
        mat.delete();
    }
}

/** A page as it is read, of a canvas's pixels; the caller frees it. */
export function pageOf({ data, width, height }: ImageData): Image {
    return scoped((own) => {
        const colored = own(new cv.Mat(height, width, cv.CV_8UC4));
        colored.data.set(data);
        const page = new cv.Mat();
        cv.cvtColor(colored, page, cv.COLOR_RGBA2BGR);
        return page;
    });
}

/** The reading order of lines; those without text come last. */
function orderOf(lines: readonly ReadLine[]): number[] {
    const written = lines.flatMap(({ text }, index) => (text.trim() ? [index] : []));
    const order = readingOrder(written.map((index) => ({ ...lines[index], characters: [...lines[index].text].length })));
    const blank = lines.flatMap(({ text }, index) => (text.trim() ? [] : [index]));
    return [...order.map((one) => written[one]), ...blank];
}
