/**
 * Columns of a page: where white space runs down between lines that are read one side after the other.
 *
 * The reasons for each rule and figure are in `ocrzoo.processing.columns`. Distances are relative to the median height
 * of lines.
 */

import { argsort, ascending, cumulated, differences, greatestSoFar, least, median, most, percentile, reached, sum } from "./numbers";

/** Left, top, right and bottom, in pixels along and across the text. */
export type Box = readonly [number, number, number, number];

const GUTTER = 0.5;
const MARGIN = 0.5;
const MOST_STRIPS = 500;
const CANDIDATES = 64;
const LEAST_LINES = 3;
const WIDE = 7.5;
/** Least share of the column's width that half of its lines fill. */
export const FULL = 0.75;
/** The same of vertical text. */
export const FULL_DOWN = 0.4;
const CLOSE = 2.4;
const RAGGED = 4;
const INDENT = 3;
const ALIGNED = 0.2;
const MARK = 0.6;
const IN_ROWS = 0.7;
/** White space between paragraphs, in heights of a line, beyond that between lines. */
export const PARAGRAPH = 0.3;
const ROOM = 0.7;
const HIGH = 2.5;
const MOST_HEADS = 2;
const APART = 1.5;

const lefts = (boxes: readonly Box[]) => boxes.map((box) => box[0]);
const tops = (boxes: readonly Box[]) => boxes.map((box) => box[1]);
const rights = (boxes: readonly Box[]) => boxes.map((box) => box[2]);
const bottoms = (boxes: readonly Box[]) => boxes.map((box) => box[3]);
const width = (box: Box) => box[2] - box[0];
const height = (box: Box) => box[3] - box[1];

export const pick = <Value>(values: readonly Value[], places: readonly number[]) => places.map((place) => values[place]);

/** The median height of lines, each weighted by its length: marks count for little. */
export function lineHeight(boxes: readonly Box[]): number {
    const heights = boxes.map(height);
    const order = argsort(heights);
    const passed = cumulated(order.map((index) => width(boxes[index])));
    return heights[order[reached(passed, passed[passed.length - 1] / 2)]];
}

/** The indices of lines above, left of, right of and below the longest white space between two columns, or `null`. */
export function splitColumns(boxes: readonly Box[], ceiling: number, floor: number, full: number): number[][] | null {
    if (boxes.length <= LEAST_LINES) return null;
    const byHeight = argsort(boxes.map((box) => box[1] + box[3]));
    const lines = pick(boxes, byHeight);
    const unit = lineHeight(lines);
    if (unit <= 0) return null;
    const inner = withoutMargins(lines, unit);
    const runs = runsOfWhite(inner, strips(inner, unit), unit);
    const longest = runs.sort((one, other) => other.left.length + other.right.length - one.left.length - one.right.length).slice(0, CANDIDATES);
    const tables: [number, number][] = [];
    for (const run of longest) {
        const isClear = clear(lines, run);
        const [left, right] = [run.left.filter(isClear), run.right.filter(isClear)];
        if (!left.length || !right.length) continue;
        const [first, last] = [Math.min(left[0], right[0]), Math.max(left[left.length - 1], right[right.length - 1])];
        if (tables.some(([start, end]) => start <= first && last <= end)) continue;
        const sides = beside(pick(lines, left), pick(lines, right), unit);
        if (!areColumns(sides, unit, full)) continue;
        if (beginTogether(sides, unit)) {
            tables.push([first, last]);
            continue;
        }
        return around(lines, left, right, unit, ceiling, floor).map((part) => pick(byHeight, part));
    }
    return null;
}

/** White space in one strip: the lines left and right of it, between two lines that cross the strip. */
interface Run {
    readonly left: number[];
    readonly right: number[];
    /** The lines that cross the strip anywhere. */
    readonly crossing: ReadonlySet<number>;
}

function runsOfWhite(inner: readonly Box[], starts: readonly number[], unit: number): Run[] {
    const found: Run[] = [];
    for (const start of starts) {
        const crossing = new Set<number>();
        const runs = new Map<number, Run>();
        for (const [index, [from, , to]] of inner.entries()) {
            if (from < start + GUTTER * unit && to > start) {
                crossing.add(index);
                continue;
            }
            const run = runs.get(crossing.size) ?? { left: [], right: [], crossing };
            runs.set(crossing.size, run);
            (to <= start ? run.left : run.right).push(index);
        }
        for (const run of runs.values()) {
            const counts = [run.left.length, run.right.length];
            if (Math.min(...counts) > 0 && Math.max(...counts) >= LEAST_LINES) found.push(run);
        }
    }
    return found;
}

/** Which lines of white space are not beside the lines that end it above and below. */
function clear(lines: readonly Box[], { left, right, crossing }: Run): (index: number) => boolean {
    const [first, last] = [Math.min(left[0], right[0]), Math.max(left[left.length - 1], right[right.length - 1])];
    const [before, after] = [[...crossing].filter((index) => index < first), [...crossing].filter((index) => index >= last)];
    const above = most(bottoms(pick(lines, before)));
    const below = least(tops(pick(lines, after)));
    return (index) => {
        const middle = (lines[index][1] + lines[index][3]) / 2;
        return middle > above && middle < below;
    };
}

/** The rows of running heads at the top, the indices of all other lines, and the rows of feet. */
export function splitRunningHeads(boxes: readonly Box[]): [heads: number[][], between: number[], feet: number[][]] {
    let between = [...boxes.keys()];
    const heads: number[][] = [];
    const feet: number[][] = [];
    for (const [found, upsideDown] of [[heads, false], [feet, true]] as const) {
        while (found.length < MOST_HEADS) {
            const row = outermost(pick(boxes, between), upsideDown);
            if (!row) break;
            found.push(pick(between, row));
            between = between.filter((_, place) => !row.includes(place));
        }
    }
    return [heads, between, feet.reverse()];
}

/** The lines of the topmost, or lowest, row if it is a running head. */
function outermost(boxes: readonly Box[], upsideDown: boolean): number[] | null {
    if (boxes.length < LEAST_LINES) return null;
    const above = boxes.map((box) => (upsideDown ? -box[3] : box[1]));
    const below = boxes.map((box) => (upsideDown ? -box[1] : box[3]));
    const unit = lineHeight(boxes);
    const order = argsort(above);
    const ends = greatestSoFar(pick(below, order));
    const gaps = pick(above, order).slice(1).map((top, index) => top - ends[index]);
    const wide = gaps.findIndex((gap) => gap > (APART / 2) * unit);
    if (wide < 0) return null;
    const [row, rest] = [order.slice(0, wide + 1), order.slice(wide + 1)];
    if (most(pick(above, row)) >= least(pick(below, row))) return null;
    const alike = (index: number) => rest.filter((other) => Math.abs(boxes[index][0] - boxes[other][0]) < GUTTER * unit).length;
    const inColumns = row.every((index) => alike(index) > 1);
    const alone = row.length === 1;
    const enough = inColumns ? (alone ? 2 * APART : Infinity) : alone ? APART / 2 : APART;
    return gaps[wide] > enough * unit ? row : null;
}

/** Lines shorter at both ends: detectors expand boxes. */
function withoutMargins(lines: readonly Box[], unit: number): Box[] {
    return lines.map((line) => {
        const margin = Math.min(MARGIN * unit, width(line) / 4);
        return [line[0] + margin, line[1], line[2] - margin, line[3]];
    });
}

/** Where white space may begin: the right ends of lines, one of those close to each other. */
function strips(lines: readonly Box[], unit: number): number[] {
    const ends = ascending([...new Set(rights(lines))]);
    const apart = ends.filter((end, index) => index === ends.length - 1 || ends[index + 1] - end > (unit * GUTTER) / 2).slice(0, -1);
    const step = Math.floor(apart.length / MOST_STRIPS) + 1;
    return apart.filter((_, index) => index % step === 0);
}

/** The lines above both columns, the columns, and the lines below both. */
function around(lines: readonly Box[], left: readonly number[], right: readonly number[], unit: number, ceilingOf: number, floorOf: number): number[][] {
    const both = ascending([...left, ...right]);
    const middle = both[both.length >> 1];
    const others = [...lines.keys()].filter((index) => !both.includes(index));
    const above = others.filter((index) => index < middle);
    const below = others.filter((index) => index > middle);
    const ceiling = most(bottoms(pick(lines, above)), ceilingOf);
    const floor = least(tops(pick(lines, below)), floorOf);
    const columns = ([[left, right], [right, left]] as const).map(([column, other]) => {
        const own = pick(lines, column);
        const backwards = [...own].reverse();
        const early = loose(bottoms(backwards).map((y) => -y), tops(backwards).map((y) => -y), -least(tops(pick(lines, other))), -ceiling, unit);
        const late = loose(tops(own), bottoms(own), most(bottoms(pick(lines, other))), floor, unit);
        above.push(...column.slice(0, early));
        below.push(...column.slice(column.length - late));
        return column.slice(early, column.length - late);
    });
    return [ascending(above), ...columns, ascending(below)];
}

/** How many lines at the end of a column are closer to what is below both columns than to their column. */
function loose(begin: readonly number[], end: readonly number[], endOfOther: number, below: number, unit: number): number {
    const ends = greatestSoFar(end);
    const first = begin.slice(1).findIndex((top, index) => {
        const gap = top - ends[index];
        return gap > unit && gap > below - end[end.length - 1] && top > endOfOther;
    });
    return first < 0 ? 0 : begin.length - 1 - first;
}

type Sides = readonly [left: readonly Box[], right: readonly Box[]];

/** The lines of the two columns next to white space, of all lines on both sides of it. */
function beside(left: readonly Box[], right: readonly Box[], unit: number): Sides {
    const edge = most(rights(left)) - RAGGED * unit;
    const begin = least(lefts(left.filter((box) => box[2] > edge))) - unit;
    const other = least(lefts(right)) + INDENT * unit;
    return [left.filter((box) => box[0] >= begin), right.filter((box) => box[0] < other)];
}

/** Whether the lines left of white space are read before those right of it. */
function areColumns(sides: Sides, unit: number, full: number): boolean {
    const [left, right] = sides;
    if ((left.length > 1 && isUpended(right, unit)) || (right.length > 1 && isUpended(left, unit))) return true;
    if (sides.some((side) => side.every((box) => height(box) < MARK * unit))) return false;
    const prose = sides.map((side) => isProse(side, full));
    return prose.every(Boolean) || (prose.some(Boolean) && aligned(left, right, unit) < IN_ROWS);
}

/** Whether lines are those of a column of prose. */
function isProse(column: readonly Box[], full: number): boolean {
    if (column.length < LEAST_LINES) return false;
    const unit = lineHeight(column);
    const widths = column.map(width);
    const usual = median(widths);
    if (usual < WIDE * unit || usual < full * percentile(widths, 90)) return false;
    return median(differences(ascending(column.map((box) => box[1] + box[3])))) / 2 <= CLOSE * unit;
}

/** Whether all lines of a cell but the last, from top to bottom, are long and nearly fill it. */
export function isFull(cell: readonly Box[], unit: number): boolean {
    const whole = most(rights(cell)) - least(lefts(cell));
    return whole > WIDE * unit && cell.slice(0, -1).every((box) => width(box) > FULL * whole);
}

/** Whether lines are at right angles to the page's. */
function isUpended(side: readonly Box[], unit: number): boolean {
    return side.every((box) => height(box) > HIGH * unit && height(box) > width(box));
}

/** Whether paragraphs on both sides begin side by side, as in a table whose cells have several lines. */
function beginTogether(sides: Sides, unit: number): boolean {
    if (Math.min(...sides.map((side) => side.length)) < LEAST_LINES) return false;
    const [fewer, more] = sides.map((side) => beginnings(side, unit)).sort((one, other) => one.starts.length - other.starts.length);
    if (fewer.starts.length < LEAST_LINES || Math.max(fewer.gap, more.gap) < ROOM * unit) return false;
    const near = fewer.starts.filter((start) => least(more.starts.map((other) => Math.abs(start - other))) < ALIGNED * unit);
    return near.length / fewer.starts.length > IN_ROWS;
}

/** The tops of the first lines of paragraphs, and by how much the white space between paragraphs differs. */
function beginnings(column: readonly Box[], unit: number): { starts: number[]; gap: number } {
    const gaps = column.slice(1).map((box, index) => box[1] - column[index][3]);
    const enough = percentile(gaps, 25) + PARAGRAPH * unit;
    const apart = gaps.filter((gap) => gap > enough);
    const starts = column.filter((_, index) => index === 0 || gaps[index - 1] > enough).map((box) => box[1]);
    return { starts, gap: apart.length ? most(apart) - least(apart) : 0 };
}

/** The share of the fewer lines that have a line beside them; one that is several lines high has none. */
function aligned(left: readonly Box[], right: readonly Box[], unit: number): number {
    const [fewer, more] = [left, right].sort((one, other) => one.length - other.length);
    const middle = (box: Box) => box[1] + box[3];
    const has = (box: Box) =>
        least(more.map((other) => Math.abs(middle(box) - middle(other)))) / 2 < ALIGNED * unit && height(box) < HIGH * unit;
    return sum(fewer.map((box) => Number(has(box)))) / fewer.length;
}
