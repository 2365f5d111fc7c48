/** Quads: order of corners, PaddleX's order of lines, and cropping (`ocrzoo.processing.geometry`). */

import { cv, type Mat, points, scoped } from "./opencv";
import type { Image, Point, Quad } from "./types";

/** Boxes whose tops differ by less, in pixels, are on one line. */
const SAME_LINE = 10;
/** A crop at least this much higher than wide is rotated, as vertical text. */
const TALL_RATIO = 1.5;

/** The tightest rotated rectangle's corners, clockwise from top left, and its short side. */
export function minimumRectangle(outline: Mat): { corners: Point[]; side: number } {
    const rectangle = cv.minAreaRect(outline);
    const { points: cornersOf } = cv.RotatedRect as unknown as { points(rectangle: object): { x: number; y: number }[] }; // not declared
    const found = cornersOf(rectangle);
    const byX = found.map(({ x, y }): Point => [x, y]).sort((one, other) => one[0] - other[0]);
    const [leftTop, leftBottom] = byX[1][1] > byX[0][1] ? [byX[0], byX[1]] : [byX[1], byX[0]];
    const [rightTop, rightBottom] = byX[3][1] > byX[2][1] ? [byX[2], byX[3]] : [byX[3], byX[2]];
    const { width, height } = rectangle.size;
    return { corners: [leftTop, rightTop, rightBottom, leftBottom], side: Math.min(width, height) };
}

/** The indices of quads from top to bottom, and left to right within a line, as in a result's arrays. */
export function paddlexOrder(quads: readonly Quad[]): number[] {
    const order = [...quads.keys()].sort((one, other) => quads[one][0][1] - quads[other][0][1] || quads[one][0][0] - quads[other][0][0]);
    for (let last = 0; last < order.length - 1; last++) {
        for (let place = last; place >= 0; place--) {
            const [here, below] = [quads[order[place]][0], quads[order[place + 1]][0]];
            if (Math.abs(below[1] - here[1]) >= SAME_LINE || below[0] >= here[0]) break;
            [order[place], order[place + 1]] = [order[place + 1], order[place]];
        }
    }
    return order;
}

/** The rectangle that is cropped for a quad: corners, width and height. */
export function uprightRectangle(quad: Quad): { corners: Point[]; width: number; height: number } {
    return scoped((own) => {
        const { corners } = minimumRectangle(own(points(quad, "whole")));
        const [topLeft, topRight, bottomRight, bottomLeft] = corners;
        return {
            corners,
            width: Math.trunc(Math.max(distance(topLeft, topRight), distance(bottomRight, bottomLeft))),
            height: Math.trunc(Math.max(distance(topLeft, bottomLeft), distance(topRight, bottomRight))),
        };
    });
}

/** In float32, as in NumPy. */
function distance(one: Point, other: Point): number {
    const [x, y] = [Math.fround(one[0] - other[0]), Math.fround(one[1] - other[1])];
    return Math.fround(Math.sqrt(Math.fround(Math.fround(x * x) + Math.fround(y * y))));
}

/** Whether a quad's crop is rotated. */
export function isTall(quad: Quad): boolean {
    const { width, height } = uprightRectangle(quad);
    return width > 0 && height / width >= TALL_RATIO;
}

/** Crop a quad of a page, deskewed; `null` if it has no area. Cubic interpolation, borders replicated. */
export function crop(page: Image, quad: Quad): Image | null {
    const { corners, width, height } = uprightRectangle(quad);
    if (width === 0 || height === 0) return null;
    return scoped((own) => {
        const from = own(points(corners, "float"));
        const to = own(points([[0, 0], [width, 0], [width, height], [0, height]], "float"));
        const warped = new cv.Mat();
        const size = new cv.Size(width, height);
        cv.warpPerspective(page, warped, own(cv.getPerspectiveTransform(from, to)), size, cv.INTER_CUBIC, cv.BORDER_REPLICATE, new cv.Scalar());
        if (height / width < TALL_RATIO) return warped;
        const turned = new cv.Mat();
        cv.rotate(own(warped), turned, cv.ROTATE_90_COUNTERCLOCKWISE);
        return turned;
    });
}

/** A number rounded half to even, as Python does. */
export function rounded(value: number): number {
    const below = Math.floor(value);
    const rest = value - below;
    if (rest !== 0.5) return Math.round(value);
    return below % 2 === 0 ? below : below + 1;
}
