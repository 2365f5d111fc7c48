/** What all rules share. */

import type { Mat } from "./opencv";

/** H x W x 3 bytes, BGR. */
export type Image = Mat;

export type Point = readonly [x: number, y: number];

/** Whole pixels of the page: top left, top right, bottom right, bottom left. */
export type Quad = readonly [Point, Point, Point, Point];

/** Which lines share a call: PaddleX's groups, or lines of similar width. */
export type Batching = "exact" | "width";

/** A network: what goes in and what comes out are float32 in row-major order. */
export type Network = (input: Float32Array, shape: readonly number[]) => Promise<{ data: Float32Array; shape: readonly number[] }>;

export interface DetectionParams {
    readonly limitSideLen: number;
    readonly limitType: "min" | "max" | "resize_long";
    readonly maxSideLimit: number;
    readonly thresh: number;
    readonly boxThresh: number;
    readonly unclipRatio: number;
}

/** How lines are scaled, in pixels: to this height, and padded to this width at least. */
export interface LineShape {
    readonly height: number;
    readonly minWidth: number;
}

/** A failure that is shown to the user as it is. */
export class ReadError extends Error {}
