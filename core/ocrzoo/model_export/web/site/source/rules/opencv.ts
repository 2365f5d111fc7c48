/** OpenCV's WebAssembly build, and an end to the memory of its matrices, which no garbage collector frees. */

import build from "@techstark/opencv-js";

export type OpenCV = typeof build;
export type Mat = InstanceType<OpenCV["Mat"]>;

/** OpenCV, once {@link start} is done. */
export let cv: OpenCV;

/** Load OpenCV: it is compiled from the bytes inside the script. */
export async function start(): Promise<void> {
    if (cv) return;
    const loading = build as unknown as { then?: (done: (loaded: OpenCV) => void) => void };
    if (typeof loading.then === "function") {
        cv = await new Promise((resolve) =>
            loading.then!((loaded) => {
                delete (loaded as { then?: unknown }).then; // it would be awaited again, without end
                resolve(loaded);
            }),
        );
    } else {
        await new Promise<void>((resolve) => (build.onRuntimeInitialized = resolve));
        cv = build;
    }
}

interface Owned {
    delete(): void;
}

/** Do work, then free all that it took with `own`. */
export function scoped<Result>(work: (own: <Taken extends Owned>(taken: Taken) => Taken) => Result): Result {
    const taken: Owned[] = [];
    try {
        return work((one) => {
            taken.push(one);
            return one;
        });
    } finally {
        for (const one of taken.reverse()) one.delete();
    }
}

/** Points as OpenCV takes them, N x 1 of whole numbers or of float32. */
export function points(values: readonly (readonly [number, number])[], kind: "whole" | "float"): Mat {
    return cv.matFromArray(values.length, 1, kind === "whole" ? cv.CV_32SC2 : cv.CV_32FC2, values.flat());
}
