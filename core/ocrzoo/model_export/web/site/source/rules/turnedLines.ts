/** Lines that stand on their head: a line read with doubt is read the other way up too (`ocrzoo.pipelines.turned_lines`). */

import { cv } from "./opencv";
import type { Line } from "./recognition";
import type { Image } from "./types";

/** A line with this score is not read again by itself. */
const SURE = 0.9;
/** Doubtful lines that are read again at a time, those with the lowest scores first. */
const AT_ONCE = 12;
/** The least score of a line that is turned. */
const LEGIBLE = 0.8;
/** How much it must gain by that. */
const BETTER = 0.1;
/** Letters and digits of a line that is turned for its own score. */
const TELLING = 3;

/** Replace readings by those of the turned crop where it is better; return which are. */
export async function turnDoubtful(
    images: readonly Image[],
    tall: readonly boolean[],
    lines: Line[],
    read: (images: readonly Image[]) => Promise<Line[]>,
): Promise<boolean[]> {
    const turned = lines.map(() => false);
    for (const kind of [true, false]) {
        const places = [...lines.keys()].filter((place) => tall[place] === kind);
        const others = new Map<number, Line>();
        const readAgain = async (chosen: readonly number[]) => {
            const again = chosen.map((place) => upsideDown(images[place]));
            try {
                for (const [index, line] of (await read(again)).entries()) others.set(chosen[index], line);
            } finally {
                for (const image of again) image.delete();
            }
        };
        const doubtful = places.filter((place) => lines[place].score < SURE).sort((one, other) => lines[one].score - lines[other].score);
        for (let start = 0; start < doubtful.length; start += AT_ONCE) {
            const some = doubtful.slice(start, start + AT_ONCE);
            await readAgain(some);
            for (const place of some) {
                const line = others.get(place)!;
                turned[place] = tells(line) && line.score >= Math.max(LEGIBLE, lines[place].score + BETTER);
            }
            if (!some.some((place) => turned[place])) break;
        }
        const upright = places.filter((place) => tells(lines[place]) && lines[place].score >= SURE).length;
        if (places.filter((place) => turned[place]).length > upright) {
            await readAgain(places.filter((place) => !others.has(place)));
            for (const [place, line] of others) turned[place] ||= line.score >= lines[place].score - BETTER;
        }
        for (const [place, line] of others) if (turned[place]) lines[place] = line;
    }
    return turned;
}

function upsideDown(image: Image): Image {
    const target = new cv.Mat();
    cv.rotate(image, target, cv.ROTATE_180);
    return target;
}

/** Whether a line is long enough to tell which way up it is. */
function tells(line: Line): boolean {
    return (line.text.match(/[\p{L}\p{N}]/gu) ?? []).length >= TELLING;
}
