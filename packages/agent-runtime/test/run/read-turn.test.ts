import type { ModelEvent, ModelProvider } from "@mini-openclaw/protocol";
import { describe, expect, test } from "vitest";
import { readTurn, type TurnReader } from "../../src/run/read-turn.ts";
import { type Emit, emitEvents } from "../../src/shared/emit-events.ts";

type Take = Parameters<typeof readTurn>[4];

const request = { system: [], messages: [], tools: [], toolChoice: "auto", thinkingFrom: 0 } as const;
const text: ModelEvent = { type: "text", text: "word" };

/** Reads a turn of a model that emits so. */
function readEmitted(
  emits: (emit: Emit<ModelEvent>) => Promise<void>,
  take: Take,
  { signal = new AbortController().signal, idleTimeoutMs = 1000 } = {},
): TurnReader {
  const provider: ModelProvider = { model: "m", stream: () => emitEvents(emits) };
  return readTurn(provider, request as never, { signal }, idleTimeoutMs, take);
}

test("passes an event on at once, if it is taken", async () => {
  const taken: string[] = [];
  const turn = readEmitted(
    async (emit) => {
      expect(emit(text)).toBeUndefined();
      await emit({ type: "progress" });
    },
    (event) => {
      if (event.type === "progress") return false;
      taken.push(event.type);
      return undefined;
    },
  );
  expect(await turn.next()).toEqual({ type: "progress" });
  expect(taken).toEqual(["text"]);
  expect(await turn.next()).toBeUndefined();
  turn.close();
});

test("the next event waits until one that was taken is done with, and no silence counts then", async () => {
  let finish = () => {};
  const done = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const steps: string[] = [];
  const turn = readEmitted(
    async (emit) => {
      await emit(text);
      steps.push("emitted");
    },
    () => done,
    { idleTimeoutMs: 20 },
  );
  const next = turn.next();
  // Longer than the silence that ends a turn.
  const over = performance.now() + 60;
  while (performance.now() < over) await new Promise(setImmediate);
  expect(steps).toEqual([]);
  finish();
  expect(await next).toBeUndefined();
  expect(steps).toEqual(["emitted"]);
  turn.close();
});

describe("a failure to take an event", () => {
  test.each<[string, Take]>([
    ["thrown", () => fails()],
    ["of a promise", async () => fails()],
  ])("%s rejects the read, and no further event is taken", async (_how, fail) => {
    let count = 0;
    const turn = readEmitted(
      async (emit) => {
        await emit(text);
        await emit(text);
      },
      (event) => {
        count += 1;
        return fail(event);
      },
    );
    await expect(turn.next()).rejects.toThrow("no room");
    await new Promise(setImmediate);
    turn.close();
    expect(count).toBe(1);
  });
});

test("no event is taken after an abort", async () => {
  const abort = new AbortController();
  let count = 0;
  const turn = readEmitted(
    async (emit) => {
      abort.abort(new Error("stopped"));
      await emit(text);
    },
    () => {
      count += 1;
      return undefined;
    },
    { signal: abort.signal },
  );
  await expect(turn.next()).rejects.toThrow("stopped");
  turn.close();
  expect(count).toBe(0);
});

function fails(): never {
  throw new Error("no room");
}
