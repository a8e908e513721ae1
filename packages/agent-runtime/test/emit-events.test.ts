import { takeDirectly } from "@mini-openclaw/protocol";
import { describe, expect, test } from "vitest";
import { type Emit, emitEvents } from "../src/shared/emit-events.ts";

const end = { done: true, value: undefined };

test("begins with the first read, and continues with the read behind each event", async () => {
  const steps: string[] = [];
  const events = emitEvents<number>(async (emit) => {
    steps.push("begun");
    await emit(1);
    steps.push("after 1");
    await emit(2);
    steps.push("after 2");
  });
  expect(steps).toEqual([]);
  expect(await events.next()).toEqual({ done: false, value: 1 });
  await new Promise(setImmediate);
  expect(steps).toEqual(["begun"]);
  expect(await events.next()).toEqual({ done: false, value: 2 });
  expect(steps).toEqual(["begun", "after 1"]);
  expect(await events.next()).toEqual(end);
  expect(await events.next()).toEqual(end);
  expect(steps).toEqual(["begun", "after 1", "after 2"]);
});

test("keeps the order of events that are emitted at the same time", async () => {
  const events = emitEvents<number>(async (emit) => {
    await Promise.all([emit(1), emit(2), emit(3)]);
    await emit(4);
  });
  const read: number[] = [];
  for await (const event of events) read.push(event);
  expect(read).toEqual([1, 2, 3, 4]);
});

test("answers reads in their order, also those behind the last event", async () => {
  const events = emitEvents<number>(async (emit) => {
    await emit(1);
    await emit(2);
  });
  const reads = await Promise.all([events.next(), events.next(), events.next(), events.next()]);
  expect(reads).toEqual([{ done: false, value: 1 }, { done: false, value: 2 }, end, end]);
});

test("rejects the read with what the work threw", async () => {
  const events = emitEvents<number>(async (emit) => {
    await emit(1);
    throw new Error("broken");
  });
  await events.next();
  await expect(events.next()).rejects.toThrow("broken");
});

test("a failure that nobody reads ends no process", async () => {
  const events = emitEvents<number>(async (emit) => {
    void emit(1);
    throw new Error("broken");
  });
  expect(await events.next()).toEqual({ done: false, value: 1 });
  await new Promise(setImmediate);
  await expect(events.next()).rejects.toThrow("broken");
});

describe("with a function that takes events", () => {
  test("an event that it takes needs no read, and its emitter no promise", async () => {
    const taken: number[] = [];
    const events = emitEvents<number>(async (emit) => {
      expect(emit(1)).toBeUndefined();
      await emit(2);
      expect(emit(3)).toBeUndefined();
    });
    events[takeDirectly]((event) => event !== 2 && taken.push(event) > 0);
    expect(await events.next()).toEqual({ done: false, value: 2 });
    expect(taken).toEqual([1]);
    expect(await events.next()).toEqual(end);
    expect(taken).toEqual([1, 3]);
  });

  test("it gets no event before the reader is done with the one before", async () => {
    const taken: number[] = [];
    const events = emitEvents<number>(async (emit) => {
      await Promise.all([emit(1), emit(2)]);
    });
    events[takeDirectly]((event) => event === 2 && taken.push(event) > 0);
    expect(await events.next()).toEqual({ done: false, value: 1 });
    expect(await events.next()).toEqual({ done: false, value: 2 });
    expect(taken).toEqual([]);
  });

  test.each([
    [true, [2, 3]],
    [false, [1, 2, 3]],
  ])("events wait for the promise of one, which resolves with %s", async (isTaken, expected) => {
    let finish = (_isTaken: boolean) => {};
    const taking = new Promise<boolean>((resolve) => {
      finish = resolve;
    });
    const steps: string[] = [];
    const events = emitEvents<number>(async (emit) => {
      const first = emit(1)?.then(() => steps.push("done with 1"));
      await Promise.all([first, emit(2)]);
      await emit(3);
    });
    events[takeDirectly]((event) => event === 1 && taking);
    const read: number[] = [];
    const reading = (async () => {
      for await (const event of events) read.push(event);
    })();
    await new Promise(setImmediate);
    expect([read, steps]).toEqual([[], []]);
    finish(isTaken);
    await reading;
    expect([read, steps]).toEqual([expected, ["done with 1"]]);
  });
});

describe("when its reader goes away", () => {
  test("the work is aborted, waits for no further read, and is waited for", async () => {
    const steps: string[] = [];
    const events = emitEvents<number>(async (emit, left) => {
      left.addEventListener("abort", () => steps.push("left"));
      try {
        await emit(1);
      } catch (error) {
        steps.push((error as Error).message);
      }
      await new Promise(setImmediate);
      steps.push("over");
    });
    for await (const _ of events) break;
    expect(steps).toEqual(["left", "The reader of the events went away.", "over"]);
    expect(await events.next()).toEqual(end);
  });

  test("events that were not read are rejected, and so are later ones", async () => {
    const outcomes: Promise<unknown>[] = [];
    let later: Emit<number> | undefined;
    const events = emitEvents<number>(async (emit) => {
      later = emit;
      for (const event of [1, 2])
        outcomes.push(Promise.resolve(emit(event)).catch((error: Error) => error.message));
      await Promise.all(outcomes);
    });
    await events.next();
    await events.return?.();
    const reason = "The reader of the events went away.";
    expect(await Promise.all(outcomes)).toEqual([reason, reason]);
    await expect(later?.(3)).rejects.toThrow(reason);
  });

  test("an event that was being taken is rejected if it was not taken", async () => {
    let finish = (_isTaken: boolean) => {};
    const taking = new Promise<boolean>((resolve) => {
      finish = resolve;
    });
    let outcome: unknown;
    const events = emitEvents<number>(async (emit) => {
      outcome = await Promise.resolve(emit(1)).catch((error: Error) => error.message);
    });
    events[takeDirectly](() => taking);
    const read = events.next();
    const returned = events.return?.();
    finish(false);
    await returned;
    expect(await read).toEqual(end);
    expect(outcome).toBe("The reader of the events went away.");
  });

  test("before the first read, the work never begins", async () => {
    let hasBegun = false;
    const events = emitEvents<number>(async () => {
      hasBegun = true;
    });
    expect(await events.return?.()).toEqual(end);
    expect(await events.next()).toEqual(end);
    expect(hasBegun).toBe(false);
  });

  test("a read that waits ends", async () => {
    const events = emitEvents<number>(
      (_, left) => new Promise((resolve) => left.addEventListener("abort", () => resolve())),
    );
    const read = events.next();
    await events.return?.();
    expect(await read).toEqual(end);
  });
});

test("a reader that left, and reads again, is at the end", async () => {
  const events = emitEvents<number>(async (emit) => {
    await emit(1);
    await emit(2);
  });
  await events.next();
  expect(await events.return?.()).toEqual(end);
  expect(await events.next()).toEqual(end);
});
