/** What the rules of reading order need of NumPy. */

export const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
export const least = (values: readonly number[], initial = Infinity) => values.reduce((one, other) => Math.min(one, other), initial);
export const most = (values: readonly number[], initial = -Infinity) => values.reduce((one, other) => Math.max(one, other), initial);

/** The indices that sort values, ascending. */
export function argsort(values: readonly number[]): number[] {
    return [...values.keys()].sort((one, other) => values[one] - values[other]);
}

export function ascending(values: readonly number[]): number[] {
    return [...values].sort((one, other) => one - other);
}

/** The sum of the values so far, at each of them. */
export function cumulated(values: readonly number[]): number[] {
    let total = 0;
    return values.map((value) => (total += value));
}

/** The greatest of the values so far, at each of them. */
export function greatestSoFar(values: readonly number[]): number[] {
    let greatest = -Infinity;
    return values.map((value) => (greatest = Math.max(greatest, value)));
}

/** The first index at which ascending values reach one. */
export function reached(values: readonly number[], one: number): number {
    const found = values.findIndex((value) => value >= one);
    return found < 0 ? values.length : found;
}

/** A percentile, between values by their distance. */
export function percentile(values: readonly number[], percent: number): number {
    const ordered = ascending(values);
    const place = ((ordered.length - 1) * percent) / 100;
    const below = Math.floor(place);
    const [low, high] = [ordered[below], ordered[Math.min(below + 1, ordered.length - 1)]];
    return low + (high - low) * (place - below);
}

export function median(values: readonly number[]): number {
    const ordered = ascending(values);
    const half = ordered.length >> 1;
    return ordered.length % 2 ? ordered[half] : (ordered[half - 1] + ordered[half]) / 2;
}

/** Each value less the one before it. */
export function differences(values: readonly number[]): number[] {
    return values.slice(1).map((value, index) => value - values[index]);
}

/** The remainder of the sign of the divisor, as in Python. */
export function modulo(value: number, divisor: number): number {
    return ((value % divisor) + divisor) % divisor;
}
