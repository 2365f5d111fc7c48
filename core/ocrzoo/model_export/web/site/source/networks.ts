/** Networks by onnxruntime-web, on WebGPU or on WebAssembly. */

import type * as Runtime from "onnxruntime-web";
import type { Provider } from "./messages";
import { type Network, ReadError } from "./rules/types";

/** Loads networks onto what was chosen. */
export interface Engine {
    /** What computes, in words. */
    readonly name: string;
    load(weights: Uint8Array): Promise<Network>;
}

/** Choose what computes; `threads` 0 is one a core. */
export async function engineOf(provider: Provider, threads: number, base: URL): Promise<Engine> {
    const onGraphics = provider === "webgpu" || (provider === "auto" && (await hasGraphics()));
    const runtime: typeof Runtime = onGraphics ? await import("onnxruntime-web/webgpu") : await import("onnxruntime-web/wasm");
    const used = self.crossOriginIsolated ? threads || navigator.hardwareConcurrency : 1;
    runtime.env.logLevel = "error";
    runtime.env.wasm.wasmPaths = new URL("runtime/", base).href;
    runtime.env.wasm.numThreads = used;
    return {
        name: onGraphics ? "WebGPU" : `WebAssembly, ${used} ${used === 1 ? "thread" : "threads"}`,
        load: (weights) => load(runtime, onGraphics ? "webgpu" : "wasm", weights),
    };
}

/** Whether there is a graphics card: one that is emulated is slower than WebAssembly. */
async function hasGraphics(): Promise<boolean> {
    const adapter = await navigator.gpu?.requestAdapter().catch(() => null);
    return adapter != null && !adapter.info.isFallbackAdapter;
}

async function load(runtime: typeof Runtime, provider: "webgpu" | "wasm", weights: Uint8Array): Promise<Network> {
    const session = await runtime.InferenceSession.create(weights, { executionProviders: [provider], logSeverityLevel: 3 });
    const [input, output] = [session.inputNames[0], session.outputNames[0]];
    return async (data, shape) => {
        const given = new runtime.Tensor("float32", data, shape);
        try {
            const result = (await session.run({ [input]: given }, [output]))[output];
            const found = await result.getData(true);
            if (!(found instanceof Float32Array)) throw new ReadError(`The network's output is of ${result.type}; float32 is needed.`);
            return { data: found, shape: result.dims };
        } finally {
            given.dispose();
        }
    };
}
