/** Text recognition: which lines share a call, the network's input, and its output (`ocrzoo.processing.recognition`). */

import { planes, resized } from "./detection";
import type { Batching, Image, LineShape } from "./types";

/** Wider lines are squeezed. */
export const MAX_WIDTH = 3200;
/** Most columns of pixels of a call, all its lines together. */
const CALL_COLUMNS = 1300;
/** With `width`, lines are padded to the next of these, in pixels. */
const WIDTHS = [...steps(64, 1024, 64), ...steps(1024, 2048, 128), ...steps(2048, MAX_WIDTH, 256), MAX_WIDTH];

function steps(from: number, to: number, step: number): number[] {
    return Array.from({ length: Math.ceil((to - from) / step) }, (_, index) => from + index * step);
}

/** A decoded line: its text, and where in the crop each character is. */
export interface Line {
    readonly text: string;
    /** Mean probability of the characters kept, 0 where there are none. */
    readonly score: number;
    readonly entries: readonly string[];
    /** The first column of each entry, and its probability there. */
    readonly columns: readonly number[];
    readonly probabilities: readonly number[];
    /** Columns that the line spans, without padding. */
    readonly cells: number;
}

/** Lines that the network reads at once: their indices, the width that each is padded to, and width by height. */
export interface Call {
    readonly lines: readonly number[];
    readonly width: number;
    readonly ratio: number;
}

const aspect = (crop: Image) => crop.cols / crop.rows;

/** Form the network's calls. The width that a line is padded to influences the result. */
export function calls(crops: readonly Image[], batchSize: number, batching: Batching, shape: LineShape): Call[] {
    const order = [...crops.keys()].sort((one, other) => aspect(crops[one]) - aspect(crops[other]));
    if (batching === "exact") {
        const groups = steps(0, order.length, batchSize).map((start) => order.slice(start, start + batchSize));
        return groups.flatMap((group) => {
            const ratio = Math.max(shape.minWidth / shape.height, ...group.map((index) => aspect(crops[index])));
            return cut(group, Math.min(Math.trunc(shape.height * ratio), MAX_WIDTH), ratio);
        });
    }
    const groups = Map.groupBy(order, (index) => ownWidth(crops[index], shape));
    return [...groups].flatMap(([width, group]) => cut(group, width, width / shape.height));
}

function ownWidth(crop: Image, shape: LineShape): number {
    const width = Math.ceil(shape.height * aspect(crop));
    return WIDTHS.find((one) => one >= width) ?? MAX_WIDTH;
}

/** Cut a group into calls of like size. */
function cut(group: readonly number[], width: number, ratio: number): Call[] {
    const count = Math.ceil(group.length / Math.max(Math.floor(CALL_COLUMNS / width), 1));
    const end = (part: number) => Math.floor((group.length * part) / count);
    return steps(0, count, 1).map((part) => ({ lines: group.slice(end(part), end(part + 1)), width, ratio }));
}

/** What the network takes for each byte. */
const NORMALIZED = Float32Array.from({ length: 256 }, (_, byte) => Math.fround(Math.fround(byte / 255) - 0.5) / 0.5);

/** The network's input, N x 3 x height x width in -1 to 1: lines are scaled to that height and padded with 0. */
export function preprocess(crops: readonly Image[], shape: LineShape, width: number): Float32Array {
    const batch = new Float32Array(crops.length * 3 * shape.height * width);
    for (const [row, crop] of crops.entries()) {
        const line = resize(crop, shape);
        planes(line, [NORMALIZED, NORMALIZED, NORMALIZED], batch, width, row * 3 * shape.height * width);
        line.delete();
    }
    return batch;
}

function resize(crop: Image, { height, minWidth }: LineShape): Image {
    const room = Math.trunc(height * Math.max(minWidth / height, aspect(crop)));
    if (room > MAX_WIDTH) return resized(crop, [height, MAX_WIDTH]);
    return resized(crop, [height, Math.min(Math.ceil(height * aspect(crop)), room)]);
}

/** The share of the batch's width that each line fills, 0 to 1, without padding. */
export function shares(crops: readonly Image[], shape: LineShape, ratio: number): number[] {
    const longest = MAX_WIDTH / shape.height;
    const widest = Math.min(ratio, Math.max(longest, shape.minWidth / shape.height));
    return crops.map((crop) => Math.min(aspect(crop), longest) / widest);
}

/** Decode a network's output, N x T x classes, by greedy CTC; class 0 is the blank. */
export function decode(output: Float32Array, [, columns, classes]: readonly number[], characters: readonly string[], filled: readonly number[]): Line[] {
    return filled.map((share, row) => {
        const start = row * columns * classes;
        const found: { entry: string; column: number; probability: number }[] = [];
        let previous = 0;
        for (let column = 0; column < columns; column++) {
            const from = start + column * classes;
            const best = bestOf(output, from, classes);
            if (best !== 0 && best !== previous) found.push({ entry: characters[best], column, probability: output[from + best] });
            previous = best;
        }
        return lineOf(found, columns * share);
    });
}

function bestOf(output: Float32Array, from: number, classes: number): number {
    let [best, most] = [0, output[from]];
    for (let index = 1; index < classes; index++) {
        if (output[from + index] > most) [best, most] = [index, output[from + index]];
    }
    return best;
}

/** The line of characters that were found, in their order. */
export function lineOf(found: readonly { entry: string; column: number; probability: number }[], cells: number): Line {
    const total = found.reduce((sum, { probability }) => sum + probability, 0);
    const entries = found.map(({ entry }) => entry);
    return {
        text: entries.join(""),
        score: found.length ? total / found.length : 0,
        entries,
        columns: found.map(({ column }) => column),
        probabilities: found.map(({ probability }) => probability),
        cells,
    };
}
