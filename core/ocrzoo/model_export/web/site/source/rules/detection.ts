/** Text detection: resize and normalize a page; convert a probability map to quads (`ocrzoo.processing.detection`). */

import ClipperLib from "clipper-lib";
import { minimumRectangle, rounded } from "./geometry";
import { cv, type Mat, points, scoped } from "./opencv";
import type { DetectionParams, Image, Point, Quad } from "./types";

/** The sides of the network's input are multiples of it. */
export const STRIDE = 32;
/** A page whose sides add up to less is first padded to 32 x 32. */
const SMALL_PAGE = 64;
/** Pixels of the map: narrower regions are dropped; after unclipping, those narrower than this + 2. */
const MIN_SIDE = 3;
/** ImageNet's statistics, which PP-OCR detection applies to BGR channels in this order. */
const MEAN = [0.485, 0.456, 0.406];
const STD = [0.229, 0.224, 0.225];
/** The most regions of a page that are looked at. */
const MAX_REGIONS = 100_000;

/** The text of a probability map: quads in the page's pixels, and the mean probability inside each. */
export interface Regions {
    readonly quads: Quad[];
    readonly scores: number[];
    /** Regions of the map that were not looked at. */
    readonly leftOut: number;
}

export type Size = readonly [height: number, width: number];

/** A page's size after `limitSideLen`, before `maxSideLimit`. */
export function limitedSize([height, width]: Size, { limitSideLen: limit, limitType }: DetectionParams): Size {
    const [long, short] = [Math.max(height, width), Math.min(height, width)];
    let ratio = limit / long;
    if (limitType === "max") ratio = long > limit ? ratio : 1;
    else if (limitType === "min") ratio = short < limit ? limit / short : 1;
    return [Math.trunc(height * ratio), Math.trunc(width * ratio)];
}

/** The size of the network's input for a page. */
export function inputSize(page: Size, params: DetectionParams): Size {
    let [height, width] = limitedSize(page, params);
    const long = Math.max(height, width);
    if (long > params.maxSideLimit) {
        const ratio = params.maxSideLimit / long;
        [height, width] = [Math.trunc(height * ratio), Math.trunc(width * ratio)];
    }
    return [toStride(height), toStride(width)];
}

function toStride(side: number): number {
    return Math.max(rounded(side / STRIDE) * STRIDE, STRIDE);
}

/** A page at the size of the network's input; the caller frees it. */
export function scaled(page: Image, params: DetectionParams): Image {
    return scoped((own) => {
        let image = page;
        if (page.rows + page.cols < SMALL_PAGE) {
            image = own(new cv.Mat());
            const [below, right] = [Math.max(STRIDE - page.rows, 0), Math.max(STRIDE - page.cols, 0)];
            cv.copyMakeBorder(page, image, 0, below, 0, right, cv.BORDER_CONSTANT, new cv.Scalar(0, 0, 0, 0));
        }
        return resized(image, inputSize([image.rows, image.cols], params));
    });
}

/** An image at another size, bilinear; the caller frees it. */
export function resized(image: Image, [height, width]: Size): Image {
    if (image.rows === height && image.cols === width) return image.clone();
    const target = new cv.Mat();
    cv.resize(image, target, new cv.Size(width, height), 0, 0, cv.INTER_LINEAR);
    return target;
}

/** What the network takes for each byte of each channel, in float32 as NumPy computes it. */
const NORMALIZED = MEAN.map((mean, channel) => {
    const [factor, shift] = [Math.fround(1 / 255 / STD[channel]), Math.fround(-mean / STD[channel])];
    return Float32Array.from({ length: 256 }, (_, byte) => Math.fround(byte * factor) + shift);
});

/** The network's input, 1 x 3 x H x W. */
export function normalize(image: Image): Float32Array {
    return planes(image, NORMALIZED, new Float32Array(3 * image.rows * image.cols), image.cols, 0);
}

/** Write an image's channels as planes of `width` columns, each byte by the table of its channel. */
export function planes(image: Image, tables: readonly Float32Array[], into: Float32Array, width: number, start: number): Float32Array {
    const { rows, cols } = image;
    const bytes = image.isContinuous() ? image.data : new Uint8Array(image.clone().data);
    for (let channel = 0; channel < 3; channel++) {
        const table = tables[channel];
        let from = channel;
        for (let row = 0; row < rows; row++) {
            let to = start + (channel * rows + row) * width;
            for (let column = 0; column < cols; column++, from += 3) into[to++] = table[bytes[from]];
        }
    }
    return into;
}

/** Convert a probability map to quads; it is H x W, 0 to 1 in float32, or 0 to 255 in bytes. */
export function postprocess(map: Mat, page: Size, params: DetectionParams): Regions {
    const inBytes = map.type() === cv.CV_8UC1;
    const one = inBytes ? 255 : 1;
    const scale = [page[1] / map.cols, page[0] / map.rows];
    const quads: Quad[] = [];
    const scores: number[] = [];
    const leftOut = scoped((own) => {
        const mask = own(new cv.Mat(map.rows, map.cols, cv.CV_8UC1));
        fillAbove(map, mask, inBytes ? Math.trunc(params.thresh * 255) : Math.fround(params.thresh));
        const contours = own(new cv.MatVector());
        cv.findContours(mask, contours, own(new cv.Mat()), cv.RETR_LIST, cv.CHAIN_APPROX_SIMPLE);
        const count = contours.size() as unknown as number;
        const first = Math.max(count - MAX_REGIONS, 0);
        for (let index = first; index < count; index++) {
            const contour = contours.get(index);
            const { corners, side } = minimumRectangle(contour);
            contour.delete();
            if (side < MIN_SIDE) continue;
            const score = meanInside(map, corners) / one;
            if (params.boxThresh > score) continue;
            const grown = grow(corners, params.unclipRatio);
            if (!grown || grown.side < MIN_SIDE + 2) continue;
            quads.push(grown.corners.map((point) => toPage(point, scale, page)) as unknown as Quad);
            scores.push(score);
        }
        return first;
    });
    return { quads, scores, leftOut };
}

function fillAbove(map: Mat, mask: Mat, threshold: number): void {
    const from = map.type() === cv.CV_8UC1 ? map.data : map.data32F;
    const to = mask.data;
    for (let place = 0; place < to.length; place++) to[place] = from[place] > threshold ? 1 : 0;
}

/** Mean probability inside a quad, over the pixels that `fillPoly` paints for its truncated corners. */
function meanInside(map: Mat, corners: readonly Point[]): number {
    const [left, right] = bounds(corners.map(([x]) => x), map.cols);
    const [top, bottom] = bounds(corners.map(([, y]) => y), map.rows);
    return scoped((own) => {
        const mask = own(cv.Mat.zeros(bottom - top + 1, right - left + 1, cv.CV_8UC1));
        fill(mask, corners.map(([x, y]): Point => [Math.trunc(Math.fround(x - left)), Math.trunc(Math.fround(y - top))]));
        const part = own(map.roi(new cv.Rect(left, top, right - left + 1, bottom - top + 1)));
        return cv.mean(part, mask)[0];
    });
}

function bounds(values: readonly number[], length: number): [number, number] {
    const within = (value: number) => Math.min(Math.max(value, 0), length - 1);
    return [within(Math.floor(Math.min(...values))), within(Math.ceil(Math.max(...values)))];
}

/** Paint a polygon of whole pixels with 1. */
export function fill(mask: Mat, polygon: readonly Point[]): void {
    scoped((own) => {
        const polygons = own(new cv.MatVector());
        polygons.push_back(own(points(polygon, "whole")));
        cv.fillPoly(mask, polygons, new cv.Scalar(1));
    });
}

/** The rectangle around a quad that is expanded by area x ratio / perimeter, with round corners. */
function grow(corners: readonly Point[], ratio: number): ReturnType<typeof minimumRectangle> | null {
    return scoped((own) => {
        const outline = own(points(corners, "float"));
        const by = (cv.contourArea(outline) * ratio) / cv.arcLength(outline, true);
        const offset = new ClipperLib.ClipperOffset(2, 0.25);
        const path = corners.map(([x, y]) => ({ X: Math.trunc(x), Y: Math.trunc(y) }));
        offset.AddPath(path, ClipperLib.JoinType.jtRound, ClipperLib.EndType.etClosedPolygon);
        const paths: { X: number; Y: number }[][] = [];
        offset.Execute(paths, by);
        if (!paths.length) return null;
        return minimumRectangle(own(points(paths[0].map(({ X, Y }): Point => [X, Y]), "whole")));
    });
}

function toPage(point: Point, scale: readonly number[], page: Size): Point {
    const on = (axis: 0 | 1) => Math.min(Math.max(rounded(point[axis] * scale[axis]), 0), page[1 - axis]);
    return [on(0), on(1)];
}
