import { vi } from "vitest";

/**
 * Replaces the timers: time passes as usual, and can be made to pass faster. Undone by
 * `vi.useRealTimers()`.
 */
export function goesWithTheClock(): void {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"], shouldAdvanceTime: true });
}

/** The minute for which a run puts up with a model's silence is over at once. */
export function passTheSilence(): void {
  vi.advanceTimersByTime(60_000);
}

/**
 * For a command that does not end: the 30 s that it has are over once it has said something,
 * however long that takes.
 */
export const timeIsOverWhenItSpeaks = { progress: () => void vi.advanceTimersByTime(30_000) };
