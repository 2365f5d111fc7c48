/** What the page and its worker tell each other. */

import type { Model } from "./settings";
import type { ReadPage } from "./rules/reader";

/** What computes: WebGPU, or WebAssembly, on the CPU; `auto` chooses. */
export type Provider = "auto" | "webgpu" | "wasm";

/** Read a picture; the worker loads the networks with the first one. */
export interface Ask {
    readonly picture: Blob;
    readonly provider: Provider;
    /** Threads of WebAssembly; 0 for one a core. */
    readonly threads: number;
}

export type Answer =
    | { readonly kind: "progress"; readonly work: string; /** 0 to 1, if known. */ readonly share?: number }
    | { readonly kind: "note"; readonly text: string }
    | { readonly kind: "read"; readonly page: ReadPage; readonly seconds: number; readonly by: string; readonly models: readonly Model[] }
    /** The picture cannot be read; others can. */
    | { readonly kind: "refused"; readonly message: string }
    /** The program cannot go on: end the worker. */
    | { readonly kind: "failed"; readonly message: string };
