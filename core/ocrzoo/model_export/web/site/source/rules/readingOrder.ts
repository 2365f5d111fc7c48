/** Reading order: the order in which a person reads the lines of a page (`ocrzoo.processing.reading_order`). */

import { type Box, FULL, FULL_DOWN, pick, splitColumns, splitRunningHeads } from "./columns";
import { rounded } from "./geometry";
import { argsort, cumulated, least, median, modulo, most, reached, sum } from "./numbers";
import { byRows } from "./rows";
import type { Quad } from "./types";

/** A line this close to the page's direction, or to the right angle with it, in degrees, counts as exactly so. */
const SQUARE = 10;
/** Share of a level line's thickness by which one end of its box may be lower. */
const UNEVEN = 0.3;

/** What the order depends on, of one line. */
export interface Placed {
    /** Corners from the top left one, as the letters stand. */
    readonly polygon: Quad;
    /** Whether the text runs from top to bottom, letter under letter. */
    readonly runsDown: boolean;
    /** How many characters it has. */
    readonly characters: number;
}

/** The indices of lines in reading order; text that runs from the right is not read here, so no rule is about it. */
export function readingOrder(lines: readonly Placed[]): number[] {
    const boxes = straightened(lines);
    const [heads, between, feet] = splitRunningHeads(boxes);
    const down = sum(lines.map(({ runsDown, characters }) => (runsDown ? characters : 0)));
    const full = down * 2 > sum(lines.map(({ characters }) => characters)) ? FULL_DOWN : FULL;
    const order: number[] = [];
    type Part = [indices: number[], ceiling: number, floor: number];
    const everywhere = [-Infinity, Infinity] as const;
    const pending = [...feet.toReversed(), between, ...heads.toReversed()].map((part): Part => [part, ...everywhere]);
    for (let next = pending.pop(); next; next = pending.pop()) {
        const [part, ceiling, floor] = next;
        const own = pick(boxes, part);
        const pieces = splitColumns(own, ceiling, floor, full);
        if (!pieces) {
            order.push(...pick(part, byRows(own)));
            continue;
        }
        const [above, left, right, below] = pieces.map((piece) => pick(part, piece));
        const columns = pick(boxes, [...left, ...right]);
        const parts: Part[] = [
            [above, ceiling, least(columns.map((box) => box[1]))],
            [left, ...everywhere],
            [right, ...everywhere],
            [below, most(columns.map((box) => box[3])), floor],
        ];
        pending.push(...parts.reverse().filter(([indices]) => indices.length));
    }
    return order;
}

type Vector = readonly [x: number, y: number];
const degrees = (radians: number) => (radians * 180) / Math.PI;
const radians = (angle: number) => (angle * Math.PI) / 180;

/** The boxes of lines after the page is turned so that most of its text is level and runs to the right. */
function straightened(lines: readonly Placed[]): Box[] {
    const measured = lines.map(({ polygon: [a, b, c, d], runsDown }) => {
        const edge: Vector = [(b[0] - a[0] + (c[0] - d[0])) / 2, (b[1] - a[1] + (c[1] - d[1])) / 2];
        const side: Vector = [(d[0] - a[0] + (c[0] - b[0])) / 2, (d[1] - a[1] + (c[1] - b[1])) / 2];
        const [along, across] = runsDown ? [side, edge] : [edge, side];
        const middle: Vector = [(a[0] + b[0] + c[0] + d[0]) / 4, (a[1] + b[1] + c[1] + d[1]) / 4];
        return { middle, length: Math.hypot(...along), thickness: Math.hypot(...across), angle: degrees(Math.atan2(along[1], along[0])) };
    });
    const weights = measured.map(({ length }, index) => length * Math.max(lines[index].characters - 1, 0));
    const turn = mainAngle(measured.map(({ angle }) => angle), weights, doubt(measured));
    const [cos, sin] = [Math.cos(radians(turn)), Math.sin(radians(turn))];
    return measured.map(({ middle, length, thickness, angle }) => {
        const [x, y] = [middle[0] * cos + middle[1] * sin, -middle[0] * sin + middle[1] * cos];
        const off = modulo(angle - turn, 180);
        const nearest = rounded(off / 90) * 90;
        const exact = radians(Math.abs(off - nearest) < SQUARE ? nearest : off);
        const [level, upright] = [Math.abs(Math.cos(exact)), Math.abs(Math.sin(exact))];
        const [halfWidth, halfHeight] = [(length * level + thickness * upright) / 2, (length * upright + thickness * level) / 2];
        return [x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight];
    });
}

/** The tilt, in degrees, that the letters of level lines may feign: a few short lines prove none. */
function doubt(measured: readonly { length: number; thickness: number }[]): number {
    if (!measured.length) return 0;
    return degrees((UNEVEN * median(measured.map(({ thickness }) => thickness))) / Math.max(sum(measured.map(({ length }) => length)), 1));
}

/** The median angle, in degrees, of the lines within 45 degrees of the most frequent quarter turn. */
function mainAngle(angles: readonly number[], weights: readonly number[], doubted: number): number {
    if (!weights.some((weight) => weight > 0)) return 0;
    const quarters = angles.map((angle) => modulo(rounded(angle / 90), 4));
    const inQuarters = [0, 1, 2, 3].map((quarter) => sum(weights.filter((_, index) => quarters[index] === quarter)));
    const quarter = inQuarters.indexOf(most(inQuarters));
    const chosen = [...angles.keys()].filter((index) => quarters[index] === quarter && weights[index] > 0);
    const deviations = chosen.map((index) => modulo(angles[index] - 90 * quarter + 180, 360) - 180);
    const order = argsort(deviations);
    const passed = cumulated(order.map((place) => weights[chosen[place]]));
    const tilt = deviations[order[reached(passed, passed[passed.length - 1] / 2)]];
    return 90 * quarter + (Math.abs(tilt) > doubted ? tilt : 0);
}
