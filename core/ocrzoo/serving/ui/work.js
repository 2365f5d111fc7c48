/** One piece of work at a time, with its progress, a way to cancel it, and its error in one line. */

import { ServerError, useKey } from "./api.js";
import { byId, counted, element } from "./elements.js";

/** @type {AbortController | null} */
let running = null;
/** @type {(() => void) | null} */
let afterKey = null;

/**
 * @param {string} label
 * @param {(signal: AbortSignal) => Promise<void>} job - ends the work before it; tried again as a whole
 */
export async function work(label, job) {
    running?.abort();
    const controller = (running = new AbortController());
    const { signal } = controller;
    clearMessages();
    const stopClock = showProgress(label);
    try {
        await job(signal);
    } catch (error) {
        if (running !== controller) return; // other work came instead
        if (signal.aborted) say("Cancelled.");
        else showError(error, () => work(label, job));
    } finally {
        stopClock();
        if (running === controller) {
            running = null;
            withoutLosingFocus(byId("progress"), (progress) => (progress.hidden = true));
        }
    }
}

/**
 * Whether this is still the work that runs.
 *
 * @param {AbortSignal} signal
 */
export function isCurrent(signal) {
    return running?.signal === signal;
}

/** @param {string} message - for the line that screen readers speak */
export function say(message) {
    byId("status").textContent = message;
}

/** @param {string[]} messages - that stay until other work begins */
export function note(messages) {
    byId("notes").append(...messages.map((message) => element("p", {}, message)));
}

/**
 * @param {unknown} error
 * @param {() => void} [again] - tries once more
 */
export function showError(error, again) {
    const line = element("p", {}, error instanceof Error ? error.message : String(error));
    say("");
    byId("error").replaceChildren(line);
    if (!(error instanceof ServerError) || !again) return;
    if (error.status === 401) {
        afterKey = again;
        byId("key-form").hidden = false;
        byId("key").focus();
    } else if (error.passes) {
        const button = element("button", { type: "button" }, "Try again");
        button.addEventListener("click", again);
        if (error.retryAfter) line.append(` Room is expected in ${counted(error.retryAfter, "second")}.`);
        line.append(" ", button);
    }
}

export function clearMessages() {
    withoutLosingFocus(byId("error"), (error) => error.replaceChildren());
    withoutLosingFocus(byId("key-form"), (form) => (form.hidden = true));
    byId("notes").replaceChildren();
}

/** @param {string} label */
function showProgress(label) {
    const started = performance.now();
    const seconds = byId("seconds");
    const clock = setInterval(() => {
        seconds.textContent = `${Math.round((performance.now() - started) / 1000)} s`;
    }, 1000);
    seconds.textContent = "";
    byId("work").textContent = label;
    byId("progress").hidden = false;
    say(label);
    return () => clearInterval(clock);
}

/**
 * Change an element so that the focus in it would be lost; it goes to the page's first control.
 *
 * @param {HTMLElement} changed
 * @param {(element: HTMLElement) => void} change
 */
function withoutLosingFocus(changed, change) {
    const focused = changed.contains(document.activeElement);
    change(changed);
    if (focused) byId("choose").focus();
}

byId("cancel").addEventListener("click", () => running?.abort());
byId("key-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const field = byId("key", HTMLInputElement);
    useKey(field.value.trim());
    field.value = "";
    afterKey?.();
});
