import type { Message } from "@mini-openclaw/protocol";
import { describe, expect, test } from "vitest";
import { buildContext } from "../../src/context/context.ts";
import { WindowStarts } from "../../src/context/window-starts.ts";
import { AgentRuntime } from "../../src/index.ts";
import { createScriptedProvider, says } from "../../src/testing.ts";
import { eventsOf, inputOf } from "../collect.ts";

/** A conversation of so many messages, as a store has them. */
function conversation(count: number): Message[] {
  return Array.from({ length: count }, (_, index) =>
    Object.assign<Message, object>(
      { role: index % 2 === 0 ? "user" : "assistant", content: `${index}`, timestamp: index },
      { id: `m${index}` },
    ),
  );
}

/** Plays runs on a growing conversation. Returns the first message of each run, and the number. */
function windows(starts: WindowStarts, lengths: readonly number[], max: number, given = Infinity) {
  return lengths.map((length) => {
    const messages = conversation(length).slice(-Math.min(length, given));
    const window = buildContext(messages, max, starts.move("s", messages));
    return [window[0]?.content, window.length];
  });
}

describe("the window of messages", () => {
  test("begins at one message from run to run, until the limit is reached again", () => {
    expect(windows(new WindowStarts(), [9, 11, 13, 15, 17, 19, 21], 10)).toEqual([
      ["0", 9],
      ["4", 7],
      ["4", 9],
      ["8", 7],
      ["8", 9],
      ["12", 7],
      ["12", 9],
    ]);
  });

  test("stays where it is although the caller passes the newest messages only", () => {
    const firsts = windows(new WindowStarts(), [9, 11, 13, 15, 17, 19, 21], 10, 10).map(([first]) => first);
    expect(firsts).toEqual(["0", "4", "4", "8", "8", "12", "12"]);
  });

  test("moves in steps below the agent's own limit where the caller's is lower", () => {
    const firsts = windows(new WindowStarts(), [21, 23, 25, 27, 29], 50, 10).map(([first]) => first);
    expect(firsts).toEqual(["11", "16", "16", "20", "20"]);
  });

  test("has the newest messages, and their question, at the first run after a restart", () => {
    expect(windows(new WindowStarts(), [31], 10)).toEqual([["20", 11]]);
  });

  test("begins with the next message where its first one was refused by the model", () => {
    const starts = new WindowStarts();
    const messages = conversation(3);
    buildContext(messages, 10, starts.move("s", messages));
    const refused = Object.assign<Message, object>(messages[1] as Message, { stopReason: "refusal" });
    const later = [messages[0] as Message, refused, ...conversation(5).slice(2)];
    const window = buildContext(later, 10, starts.move("s", later));
    expect(window.map(({ content }) => content)).toEqual(["2", "3", "4"]);
  });

  test("is the session's own", () => {
    const starts = new WindowStarts();
    windows(starts, [9, 11], 10);
    const messages = conversation(9);
    expect(buildContext(messages, 10, starts.move("other", messages))).toHaveLength(9);
    expect(buildContext([], 10, starts.move("empty", []))).toEqual([]);
  });

  test("is forgotten for the session that was idle longest, when there are a thousand", () => {
    const starts = new WindowStarts();
    windows(starts, [9, 11], 10);
    for (let n = 0; n < 1000; n += 1) starts.move(`s${n}`, conversation(1))(conversation(1), 10);
    expect(windows(starts, [13], 10)).toEqual([["2", 11]]);
  });

  test("knows messages without ids by their time and text", () => {
    const starts = new WindowStarts();
    const plain = (count: number) =>
      conversation(count).map(({ role, content, timestamp }) => ({ role, content, timestamp }) as Message);
    for (const count of [9, 11, 13]) buildContext(plain(count), 10, starts.move("s", plain(count)));
    const window = buildContext(plain(13), 10, starts.find("s", plain(13)));
    expect(window[0]?.content).toBe("4");
  });
});

test("every run of a session sends what the run before sent, and more", async () => {
  const provider = createScriptedProvider(() => [says("ok")]);
  const agent = new AgentRuntime({
    provider,
    maxContextMessages: 10,
    systemPrompt: () => ({ stable: "", volatile: "" }),
  });
  let moved = 0;
  for (let length = 1; length <= 61; length += 2) {
    await eventsOf(agent, inputOf(conversation(length)));
    const [before, now] = provider.requests
      .slice(-2)
      .map(({ messages }) => messages.map(({ content }) => content));
    if (now && before && before.some((content, index) => now[index] !== content)) moved += 1;
    expect(now?.length ?? 0).toBeLessThanOrEqual(10);
  }
  // Thirty runs: without steps, all but the first five would begin differently.
  expect(moved).toBe(13);
  const report = await agent.explainContext(conversation(61), { sessionId: "s1" });
  expect(report.request.messages.map(({ content }) => content)).toEqual(
    provider.requests.at(-1)?.messages.map(({ content }) => content),
  );
});
