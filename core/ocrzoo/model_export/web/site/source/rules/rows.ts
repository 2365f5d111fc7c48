/** Rows of a page, and the cells of a table whose cells have several lines (`ocrzoo.processing.rows`). */

import { type Box, isFull, lineHeight, PARAGRAPH, pick } from "./columns";
import { argsort, ascending, greatestSoFar, least, most, percentile, sum } from "./numbers";

/** Lines are in one row if they share this much of the lower one's height. */
const SAME_ROW = 0.5;
/** Ratio of heights up to which lines count as of one size. */
const SAME_SIZE = 1.5;
/** Rows that a line may belong to; lines come by the height of their middles. */
const OPEN_ROWS = 3;
/** Rows of cells that make a table. */
const LEAST_CELLS = 3;

/** The indices of lines row by row, or cell by cell, from the left. */
export function byRows(boxes: readonly Box[]): number[] {
    return inCells(boxes, rows(boxes)).flatMap((row) => [...row].sort((one, other) => boxes[one][0] - boxes[other][0]));
}

type Band = readonly [top: number, bottom: number];

/** Group boxes into rows, from top to bottom. */
function rows(boxes: readonly Box[]): number[][] {
    const found: number[][] = [];
    const bands: Band[] = [];
    for (const index of argsort(boxes.map((box) => box[1] + box[3]))) {
        const line: Band = [boxes[index][1], boxes[index][3]];
        const number = rowOf(line, bands);
        if (number === null) {
            found.push([index]);
            bands.push(line);
        } else {
            found[number].push(index);
            bands[number] = band(bands[number], line, found[number].length);
        }
    }
    return pick(found, argsort(bands.map(sum)));
}

/** Which of the last rows a line is in. */
function rowOf([top, bottom]: Band, bands: readonly Band[]): number | null {
    let best: number | null = null;
    let greatest = SAME_ROW;
    for (let number = bands.length - 1; number > Math.max(bands.length - 1 - OPEN_ROWS, -1); number--) {
        const [above, below] = bands[number];
        const shared = Math.min(bottom, below) - Math.max(top, above);
        if (shared <= 0) continue;
        const share = shared / Math.min(bottom - top, below - above);
        if (share >= greatest) [best, greatest] = [number, share];
    }
    return best;
}

/** Top and bottom of a row with one more line: the mean of its smaller lines. */
function band([top, bottom]: Band, added: Band, count: number): Band {
    const ratio = (added[1] - added[0]) / (bottom - top);
    if (ratio > SAME_SIZE) return [top, bottom];
    if (ratio < 1 / SAME_SIZE) return added;
    return [top + (added[0] - top) / count, bottom + (added[1] - bottom) / count];
}

/** Rows, those of a table whose cells have several lines cell by cell. */
function inCells(boxes: readonly Box[], found: number[][]): number[][] {
    if (found.length < LEAST_CELLS || found.length === boxes.length) return found;
    const unit = lineHeight(boxes);
    const gaps = found.slice(1).map((row, index) => least(row.map((one) => boxes[one][1])) - most(found[index].map((one) => boxes[one][3])));
    const enough = percentile(gaps, 25) + PARAGRAPH * unit;
    const apart = gaps.flatMap((gap, index) => (gap > enough ? [index + 1] : []));
    if (apart.length + 1 < LEAST_CELLS) return found;
    return parts(found, apart).flatMap((rowsOfCells) => cells(boxes, rowsOfCells, unit) ?? rowsOfCells);
}

/** Divide values before these places. */
function parts<Value>(values: readonly Value[], places: readonly number[]): Value[][] {
    return [0, ...places].map((start, index) => values.slice(start, places[index]));
}

/** The lines of a row of cells cell by cell, each line a row; `null` if they are several rows. */
function cells(boxes: readonly Box[], rowsOfCells: readonly number[][], unit: number): number[][] | null {
    if (rowsOfCells.length < 2) return null;
    const sorted = ascending(rowsOfCells.flat());
    const lines = pick(sorted, argsort(sorted.map((index) => boxes[index][0])));
    const ends = greatestSoFar(lines.map((index) => boxes[index][2]));
    const between = lines.flatMap((index, place) => (place > 0 && boxes[index][0] > ends[place - 1] ? [place] : []));
    const found = parts(lines, between).map((cell) => pick(cell, argsort(cell.map((index) => boxes[index][1]))));
    if (found.length < 2 || !found.every((cell) => cell.length === 1 || isFull(pick(boxes, cell), unit))) return null;
    return found.flat().map((index) => [index]);
}
