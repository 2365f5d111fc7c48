/** What `ocrzoo export` wrote of the models, in `reader.json`. */

import type { Settings } from "./rules/reader";

/** A file of weights, its SHA-256 in hexadecimal digits, and its size in bytes. */
export interface Weights {
    /** Relative to the page, or a mirror's address. */
    readonly url: string;
    readonly sha256: string;
    readonly size: number;
}

export interface Model {
    readonly name: string;
    readonly weights: Weights;
}

export interface Configuration {
    readonly models: { readonly detection: Model; readonly recognition: Model };
    readonly settings: Settings;
}
