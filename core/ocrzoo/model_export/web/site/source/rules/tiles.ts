/** Pages on which scaling to the network's largest input would lose text: detection in tiles (`ocrzoo.processing.tiles`). */

import { type Regions, type Size, fill, limitedSize, normalize, resized, STRIDE } from "./detection";
import { rounded } from "./geometry";
import { cv, type Mat, points, scoped } from "./opencv";
import type { DetectionParams, Image, Point, Quad } from "./types";

/** The longest side that pages are scaled to by default. Any other value was chosen, and pages are scaled to it. */
const PADDLEX_MAX_SIDE = 4000;
/** Pixels: the longest side of a tile. */
const SIDE = 2048;
/** Pixels that neighbors share. */
const OVERLAP = 256;
/** Text that is legible is also legible at this scale. */
const LITTLE_SCALED = 0.8;
/** At this scale it is legible if the page is a large one. */
const LARGE_SCALED = 0.4;
/** Pixels of the scaled page's short side from which it is large. */
const LARGE_PAGE = 2000;
/** Pixels of a page's short side below which no text fits. */
const MIN_LETTER = 8;
/** Pixels to which a strip is enlarged at most. */
const MAX_ENLARGED = 64_000_000;
/** Share of a region of the scaled page that is covered by regions of the tiles if these are the same text. */
const COVERED = 0.5;

/** Whether text of a page may be too small to be found once the page is scaled. */
export function losesText(page: Size, params: DetectionParams): boolean {
    const scale = scaleOf(page, params);
    if (scale >= LITTLE_SCALED || Math.min(...page) < MIN_LETTER) return false;
    return scale < LARGE_SCALED || Math.min(...limitedSize(page, params)) * scale < LARGE_PAGE;
}

/** Whether a page is scaled to the longest side. */
export function isScaled(page: Size, params: DetectionParams): boolean {
    return Math.min(...page) >= MIN_LETTER && scaleOf(page, params) < 1;
}

function scaleOf(page: Size, params: DetectionParams): number {
    if (params.maxSideLimit !== PADDLEX_MAX_SIDE) return 1;
    return Math.min(params.maxSideLimit / Math.max(...limitedSize(page, params)), 1);
}

/** Scale a page as `limitSideLen` asks, without the longest side; the caller frees it. */
export function fullSize(page: Image, params: DetectionParams): Image {
    const [height, width] = limitedSize([page.rows, page.cols], params);
    if (height * width > Math.max(MAX_ENLARGED, page.rows * page.cols)) return page.clone();
    return resized(page, [height, width]);
}

interface Span {
    /** The tile's pixels along an axis. */
    readonly start: number;
    readonly stop: number;
    /** Those that its map is used for. */
    readonly first: number;
    readonly last: number;
}

/** Divide an axis into the fewest tiles, of about one length. */
function spans(length: number): Span[] {
    const count = Math.max(Math.ceil((length - OVERLAP) / (SIDE - OVERLAP)), 1);
    const size = Math.min(length, SIDE);
    const starts = Array.from({ length: count }, (_, index) => Math.floor(((length - size) * index) / Math.max(count - 1, 1)));
    const seam = (index: number) => Math.floor((starts[index] + starts[index - 1] + size) / 2);
    return starts.map((start, index) => ({
        start,
        stop: start + size,
        first: index === 0 ? 0 : seam(index),
        last: index === count - 1 ? length : seam(index + 1),
    }));
}

/** The map of a page, joined from those of its tiles, as 0 to 255; the caller frees it. */
export async function joinedMap(page: Image, run: (input: Float32Array, size: Size) => Promise<Float32Array>): Promise<Mat> {
    const joined = cv.Mat.zeros(page.rows, page.cols, cv.CV_8UC1);
    for (const rows of spans(page.rows)) {
        for (const columns of spans(page.cols)) {
            const { input, size } = tile(page, rows, columns);
            put(joined, await run(input, size), size[1], rows, columns);
        }
    }
    return joined;
}

/** The network's input for a tile, continued at the end to a multiple of the stride. */
function tile(page: Image, rows: Span, columns: Span): { input: Float32Array; size: Size } {
    return scoped((own) => {
        const [height, width] = [rows.stop - rows.start, columns.stop - columns.start];
        const part = own(page.roi(new cv.Rect(columns.start, rows.start, width, height)));
        const whole = own(new cv.Mat());
        const [below, right] = [upTo(height), upTo(width)];
        cv.copyMakeBorder(part, whole, 0, below, 0, right, cv.BORDER_REPLICATE, new cv.Scalar());
        return { input: normalize(whole), size: [height + below, width + right] as const };
    });
}

function upTo(side: number): number {
    return (STRIDE - (side % STRIDE)) % STRIDE;
}

function put(joined: Mat, map: Float32Array, width: number, rows: Span, columns: Span): void {
    const bytes = joined.data;
    for (let row = rows.first; row < rows.last; row++) {
        const from = (row - rows.start) * width - columns.start;
        for (let column = columns.first; column < columns.last; column++) {
            const level = rounded(Math.fround(map[from + column] * 255));
            bytes[row * joined.cols + column] = Math.min(Math.max(level, 0), 255);
        }
    }
}

/** Add to the regions of the tiles those of the scaled page that tiles have not found: their letters are too large. */
export function together(ofPage: Regions, ofTiles: Regions, [height, width]: Size): Regions {
    const shrink = Math.min(PADDLEX_MAX_SIDE / Math.max(height, width), 1);
    return scoped((own) => {
        const covered = own(cv.Mat.zeros(Math.trunc(height * shrink) + 1, Math.trunc(width * shrink) + 1, cv.CV_8UC1));
        const small = (quad: Quad) => quad.map(([x, y]): Point => [Math.trunc(x * shrink), Math.trunc(y * shrink)]);
        for (const quad of ofTiles.quads) fill(covered, small(quad));
        const added = [...ofPage.quads.keys()].filter((index) => share(covered, small(ofPage.quads[index])) < COVERED);
        const outer = added.map((index) => ofPage.quads[index]);
        const kept = [...ofTiles.quads.keys()].filter((index) => !outer.some((one) => isInside(ofTiles.quads[index], one)));
        return {
            quads: [...kept.map((index) => ofTiles.quads[index]), ...outer],
            scores: [...kept.map((index) => ofTiles.scores[index]), ...added.map((index) => ofPage.scores[index])],
            leftOut: ofTiles.leftOut,
        };
    });
}

/** The share of a polygon that is covered. */
function share(covered: Mat, corners: readonly Point[]): number {
    const [xs, ys] = [corners.map(([x]) => x), corners.map(([, y]) => y)];
    const [left, top] = [Math.min(...xs), Math.min(...ys)];
    const [width, height] = [Math.max(...xs) + 1 - left, Math.max(...ys) + 1 - top];
    return scoped((own) => {
        const mask = own(cv.Mat.zeros(height, width, cv.CV_8UC1));
        fill(mask, corners.map(([x, y]): Point => [x - left, y - top]));
        return cv.mean(own(covered.roi(new cv.Rect(left, top, width, height))), mask)[0];
    });
}

function isInside(quad: Quad, outer: Quad): boolean {
    const middle = [0, 1].map((axis) => quad.reduce((sum, point) => sum + point[axis], 0) / 4);
    return scoped((own) => cv.pointPolygonTest(own(points(outer, "float")), new cv.Point(middle[0], middle[1]), false) >= 0);
}
