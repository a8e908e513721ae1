import { once } from "node:events";
import { scriptedAgent } from "@mini-openclaw/gateway/testing";
import type { AgentRunner } from "@mini-openclaw/protocol";
import { noUsage } from "@mini-openclaw/protocol";
import { describe, expect, test } from "vitest";
import { chatGateway, newest, textOf, until } from "./chat-gateway.ts";

/** An agent whose first run ends a while after it was stopped. Later ones end with its answer. */
function slowToStop(): AgentRunner {
  let runs = 0;
  return {
    async *run({ runId, signal, messages }) {
      runs += 1;
      const content = `${runs}: ${messages.at(-1)?.content}`;
      yield { type: "run_start", runId, timestamp: 1 };
      yield { type: "chunk", runId, messageId: `${runId}-1`, content };
      if (runs === 1 && !signal.aborted) await once(signal, "abort");
      for (let turn = 0; runs === 1 && turn < 20; turn += 1)
        await new Promise((resolve) => void setImmediate(resolve));
      yield { type: "assistant_message", runId, id: `${runId}-1`, content, timestamp: 1 };
      yield { type: "message_done", runId, content };
      const outcome = signal.aborted ? "aborted" : "completed";
      yield { type: "run_end", runId, outcome, usage: noUsage, timestamp: 1 };
    },
  };
}

describe.each(["chat", "httpChat"] as const)("after stop() of a %s", (kind) => {
  test.each([
    ["regenerate()", "sends", "2: a"],
    ["regenerate()", "resumes", "2: a"],
    ["an edit", "sends", "2: b"],
    ["an edit", "resumes", "2: b"],
  ])("%s of a client that %s waits for the end of the run", async (what, how, answer) => {
    await using gateway = await chatGateway(slowToStop());
    const first = gateway[kind]();
    const sent = first.sendMessage({ text: "a" });
    await until(first, () => textOf(newest(first)) === "1: a");
    const chat = how === "sends" ? first : gateway[kind]({ messages: first.messages.slice(0, 1) });
    const resumed = how === "sends" ? sent : chat.resumeStream();
    await until(chat, () => textOf(newest(chat)) === "1: a");

    await Promise.all([chat.stop(), resumed]);
    if (kind === "httpChat") await fetch(`${gateway.api}/chat-1/stop`, { method: "POST" });
    const messageId = chat.messages[0]?.id ?? "";
    if (what === "an edit") await chat.sendMessage({ text: "b", messageId });
    else await chat.regenerate();

    expect(chat.error).toBeUndefined();
    expect(chat.messages.map(textOf)).toEqual([what === "an edit" ? "b" : "a", answer]);
  });
});

test("a client that has resumed stops its run before its next message", async () => {
  const agent = scriptedAgent([[{ says: ["One, "] }, { hangs: true }], "B"]);
  await using gateway = await chatGateway(agent);
  const first = gateway.chat();
  void first.sendMessage({ text: "a" });
  await until(first, () => textOf(newest(first)) === "One, ");
  const chat = gateway.chat({ messages: first.messages.slice(0, 1) });
  const resumed = chat.resumeStream();
  await until(chat, () => textOf(newest(chat)) === "One, ");

  await Promise.all([chat.stop(), resumed]);
  await chat.sendMessage({ text: "b" });

  expect(agent.inputs[0]?.signal.aborted).toBe(true);
  expect(chat.messages.map(textOf)).toEqual(["a", "One, ", "b", "B"]);
});

test("an edit behind the run of somebody else is refused", async () => {
  const agent = scriptedAgent([
    [{ says: ["One, "] }, { hangs: true }],
    [{ says: ["Two, "] }, { hangs: true }],
  ]);
  await using gateway = await chatGateway(agent);
  const [chat, other] = [gateway.chat(), gateway.chat()];
  const sent = chat.sendMessage({ text: "a" });
  await until(chat, () => textOf(newest(chat)) === "One, ");
  void other.sendMessage({ text: "b" });
  await until(other, () => other.status === "submitted");
  await gateway.store.listSessions();
  await Promise.all([chat.stop(), sent]);
  await until(other, () => textOf(newest(other)) === "Two, ");

  await chat.sendMessage({ text: "c", messageId: chat.messages[0]?.id ?? "" });

  expect(chat.error?.message).toContain("SESSION_BUSY");
});
