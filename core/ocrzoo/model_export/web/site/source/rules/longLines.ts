/** Lines wider than the network takes: cut into pieces that overlap, read, and joined (`ocrzoo.processing.long_lines`). */

import { cv } from "./opencv";
import { type Line, lineOf, MAX_WIDTH } from "./recognition";
import type { Image, LineShape } from "./types";

/** How many times `MAX_WIDTH` a line may be wide: squeezed so little it is legible. */
const SQUEEZED = 1.1;
/** All in pixels at the network's height: the most of a piece. */
const PIECE = 1600;
/** What neighbors share. */
const OVERLAP = 320;
/** Within which two pieces agree on a character's place. */
const SAME_PLACE = 12;
/** From the end of a piece, within which a character may be cut. */
const CUT = 24;

/** A part of a line; `start` is its first column in the crop. */
export interface Piece {
    readonly image: Image;
    readonly start: number;
}

/** Cut a line into pieces of one width, which the caller frees; a line that need not be cut is `null`. */
export function pieces(crop: Image, shape: LineShape): Piece[] | null {
    const { rows, cols: width } = crop;
    const scale = shape.height / rows;
    if (width * scale <= SQUEEZED * MAX_WIDTH) return null;
    const count = Math.ceil((width * scale - OVERLAP) / (PIECE - OVERLAP));
    const size = Math.ceil((width + ((count - 1) * OVERLAP) / scale) / count);
    return Array.from({ length: count }, (_, index) => {
        const start = Math.floor(((width - size) * index) / (count - 1));
        const part = crop.roi(new cv.Rect(start, 0, Math.min(size, width - start), rows));
        const image = part.clone();
        part.delete();
        return { image, start };
    });
}

interface Character {
    readonly entry: string;
    readonly probability: number;
    /** Its middle, in pixels of the line at the network's height. */
    readonly place: number;
}

/** Join the readings of a line's pieces. */
export function join(read: readonly Line[], cut: readonly Piece[], shape: LineShape): Line {
    const scale = shape.height / cut[0].image.rows;
    const width = cut[0].image.cols * scale;
    let joined: Character[] = [];
    let seen = 0;
    for (const [index, line] of read.entries()) {
        const [start, own] = [cut[index].start * scale, cut[index].image.cols * scale];
        joined = joinedTo(joined, charactersOf(line, start, own), start, seen - start);
        seen = start + own;
    }
    const column = width / read[0].cells;
    const placed = joined.map((one) => ({ ...one, column: Math.trunc(one.place / column) }));
    return lineOf(placed, seen / column);
}

function charactersOf(line: Line, start: number, width: number): Character[] {
    const column = width / line.cells;
    return line.entries.map((entry, index) => ({
        entry,
        probability: line.probabilities[index],
        place: start + (line.columns[index] + 0.5) * column,
    }));
}

/** Join at the character that both read, nearest to the middle of what they share; else at the middle. */
function joinedTo(before: Character[], after: Character[], start: number, shared: number): Character[] {
    if (!before.length || !after.length) return before.length ? before : after;
    const middle = start + shared / 2;
    let nearest: { apart: number; first: number; second: number } | null = null;
    for (const [first, one] of before.entries()) {
        if (one.place < start + CUT || one.place > start + shared - CUT) continue;
        for (const [second, other] of after.entries()) {
            if (one.entry !== other.entry || Math.abs(one.place - other.place) > SAME_PLACE) continue;
            const apart = Math.abs(one.place - middle);
            if (!nearest || apart < nearest.apart) nearest = { apart, first, second };
        }
    }
    if (nearest) return [...before.slice(0, nearest.first), ...after.slice(nearest.second)];
    return [...before.filter(({ place }) => place < middle), ...after.filter(({ place }) => place >= middle)];
}
