/** The key of {@link DirectIterator}'s method. All copies of this package share it. */
export const takeDirectly: unique symbol = Symbol.for("mini-openclaw.takeDirectly");

/**
 * A function that takes an event at once. Returns or resolves with false for an event that it wants
 * from `next`. Must not throw or reject.
 */
export type TakeEvent<Event> = (event: Event) => boolean | Promise<boolean>;

/**
 * An iterator that can hand its events to a function. A piece of text then passes without a
 * promise. An iterator that wraps another one does without the method, and gets every event.
 */
export interface DirectIterator<Event> extends AsyncIterator<Event> {
  /** Passes each event that comes while `next` waits to `take` first. Call it before `next`. */
  [takeDirectly]?(take: TakeEvent<Event>): void;
}
