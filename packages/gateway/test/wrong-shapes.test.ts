import type { SessionStore } from "@mini-openclaw/protocol";
import { createMemoryStore } from "@mini-openclaw/session-store";
import { describe, expect, test } from "vitest";
import { runProgram } from "./child/run-program.ts";
import { testGateway } from "./test-gateway.ts";

test("no result of a store, log or agent ends the process, whatever its shape", async () => {
  const lines = await runProgram(new URL("./child/wrong-shapes.ts", import.meta.url));

  expect(lines.filter((line) => !line.endsWith(": lives"))).toEqual([]);
  expect(lines.length).toBeGreaterThan(350);
});

/** A memory store with one method that returns something else. */
function storeWith(method: keyof SessionStore, returns: () => unknown): SessionStore {
  const store = createMemoryStore();
  return new Proxy(store, {
    get(from, name) {
      if (name === method) return returns;
      const value: unknown = Reflect.get(from, name);
      return typeof value === "function" ? value.bind(from) : value;
    },
  });
}

describe("the report of a store's mistake names the method, the rule and the result", () => {
  test.each<[string, keyof SessionStore, () => unknown, string]>([
    [
      "a number",
      "getOrCreateSession",
      () => 5,
      "`store.getOrCreateSession` must return a session with a `sessionId`, got 5.",
    ],
    [
      "a promise of nothing",
      "getOrCreateSession",
      async () => undefined,
      "`store.getOrCreateSession` must return a session with a `sessionId`, got nothing.",
    ],
    [
      "a promise among the messages",
      "loadMessages",
      () => [Promise.reject(new Error("later"))],
      "`store.loadMessages` must return a list of messages with a `seq`, got an array.",
    ],
    [
      "a promise in place of an iterable",
      "searchSessions",
      () => Promise.reject(new Error("later")),
      "`store.searchSessions` must return an async iterable, got a promise. Write it as `async *searchSessions(…)`.",
    ],
    [
      "an iterable of numbers",
      "searchSessions",
      async function* () {
        yield 1;
      },
      "`store.searchSessions` must yield hits with a `session`, got 1.",
    ],
  ])("%s", async (_what, method, returns, message) => {
    await using gateway = await testGateway({ store: storeWith(method, returns) });

    const path = method === "searchSessions" ? "/sessions/search?text=a" : "/sessions/current/messages";
    const { status } = await gateway.get(path);

    expect(status).toBe(500);
    expect(gateway.failures).toEqual([`an HTTP request: ${message}`]);
  });
});
