import type { ModelEvent, ModelRequest } from "@mini-openclaw/protocol";
import { describe, expect, test } from "vitest";
import {
  calls,
  createScriptedProvider,
  ends,
  fails,
  hangs,
  type ScriptedProvider,
  says,
  thinks,
  uses,
} from "../../src/testing.ts";
import { user } from "../collect.ts";

const request: ModelRequest = {
  system: { stable: "", volatile: "" },
  messages: [user("hi")],
  tools: [],
  toolChoice: "auto",
};

async function turnOf(
  provider: ScriptedProvider,
  signal = new AbortController().signal,
): Promise<ModelEvent[]> {
  const events: ModelEvent[] = [];
  for await (const event of provider.stream(request, { signal })) events.push(event);
  return events;
}

describe("a scripted model", () => {
  test("streams its pieces and then the turn", async () => {
    const provider = createScriptedProvider([
      [
        thinks("Hm."),
        says("Let ", "me look."),
        calls("ls", { a: 1 }),
        calls("ls", {}, "mine"),
        uses({ inputTokens: 3 }),
      ],
    ]);
    expect(await turnOf(provider)).toEqual([
      { type: "thinking", text: "Hm." },
      { type: "text", text: "Let " },
      { type: "text", text: "me look." },
      {
        type: "turn",
        content: "Let me look.",
        toolCalls: [
          { callId: "call_1_1", toolName: "ls", input: { a: 1 } },
          { callId: "mine", toolName: "ls", input: {} },
        ],
        stopReason: "tool_use",
        usage: { inputTokens: 3, outputTokens: 3, cacheReadTokens: 0, cacheWriteTokens: 0 },
      },
    ]);
    provider.assertComplete();
  });

  test("answers each request by a function of it", async () => {
    const provider = createScriptedProvider(({ messages }, turn) => [
      says(`${turn}: ${messages[0]?.content}`),
    ]);
    await turnOf(provider);
    expect((await turnOf(provider))[0]).toEqual({ type: "text", text: "2: hi" });
    provider.assertComplete();
  });

  test("fails at the scripted step, and stops for the scripted reason", async () => {
    const lost = new Error("lost");
    await expect(turnOf(createScriptedProvider([[says("a"), fails(lost)]]))).rejects.toBe(lost);
    const refusing = createScriptedProvider([[ends("refusal")]]);
    expect(await turnOf(refusing)).toMatchObject([{ stopReason: "refusal" }]);
  });

  test("hangs until the signal aborts", async () => {
    const controller = new AbortController();
    const turn = turnOf(createScriptedProvider([[hangs()]]), controller.signal);
    controller.abort("enough");
    await expect(turn).rejects.toBe("enough");
  });

  test("waits before each piece when it is to be watched", async () => {
    let pauses = 0;
    const pause = async () => void (pauses += 1);
    await turnOf(createScriptedProvider([[says("a", "b"), thinks("c")]], { pause }));
    expect(pauses).toBe(3);
  });

  test("fails when it is asked for more turns than it has", async () => {
    const provider = createScriptedProvider([[says("a")]]);
    await turnOf(provider);
    await expect(turnOf(provider)).rejects.toThrow("The script has 1 steps; the model was asked for turn 2.");
    expect(() => provider.assertComplete()).toThrow(
      "The script has 1 steps; the model was asked for 2 turns.",
    );
  });

  test("reports steps that were not used", () => {
    const provider = createScriptedProvider([[says("a")]]);
    expect(() => provider.assertComplete()).toThrow(
      "The script has 1 steps; the model was asked for 0 turns.",
    );
  });
});
