import { aiSdkDialect } from "@mini-openclaw/ai-sdk";
import { GatewayServer } from "@mini-openclaw/gateway";
import { scriptedAgent } from "@mini-openclaw/gateway/testing";
import { openClawDialect } from "@mini-openclaw/openclaw-dialect";
import { createMemoryStore } from "@mini-openclaw/session-store";
import { expect, test } from "vitest";
import {
  ChatViewer,
  NativeViewer,
  OpenClawViewer,
  type StormViewer,
  socketTransport,
} from "./storm-viewers.ts";

const ways: [name: string, create: (place: { port: number }) => StormViewer][] = [
  ["the AI SDK", (place) => new ChatViewer("chat", socketTransport(place))],
  ["OpenClaw", (place) => new OpenClawViewer("agent:main:chat", place)],
];
const deciders = ["the one that asked", "another one", "the native one"] as const;

test.each(ways.flatMap(([name, create]) => deciders.map((decider) => ({ name, create, decider }))))(
  "two clients of $name and a native one share a session, and $decider decides",
  async ({ create, decider }) => {
    const agent = scriptedAgent([[{ calls: "rm", asks: "rm wants to run", output: "gone" }, "Done."]]);
    const store = createMemoryStore();
    const dialects = [aiSdkDialect({ replayMs: 600_000 })];
    const gateway = new GatewayServer({ store, agent, dialects });
    const place = await gateway.listen({ port: 0, dialects: { "/openclaw": openClawDialect() } });
    const [asker, other] = [create(place), create(place)];

    await other.settle();
    const asked = asker.ask("one", "Clean up.");
    await expect.poll(async () => (await store.listSessions({})).sessions).toHaveLength(1);
    const { sessions } = await store.listSessions({});
    const native = new NativeViewer("native", place, sessions[0]?.sessionId);
    await native.untilAsked();
    const by = { "the one that asked": asker, "another one": other, "the native one": native };
    await by[decider].approve();
    await asked;
    for (const viewer of [asker, other, native]) await viewer.settle();

    for (const { said } of [asker, other, native])
      expect(
        said
          .filter(([role]) => role === "assistant")
          .map(([, text]) => text)
          .join(""),
      ).toBe("Done.");
    for (const viewer of [asker, other, native]) viewer.close();
    await gateway.close({ drainMs: 0 });
    await store.close();
  },
);
