import { GatewayServer } from "@mini-openclaw/gateway";
import { memoryWebSocket } from "@mini-openclaw/gateway/testing";
import { createMemoryStore } from "@mini-openclaw/session-store";
import { expect, test } from "vitest";
import { connect } from "../src/index.ts";
import { createSpeaker } from "./speaker.ts";
import { shown, until, untilShown } from "./test-client.ts";

test("connects to a gateway of its own process without a port", async () => {
  const store = createMemoryStore();
  const { agent } = createSpeaker((content) => `You said: ${content}`);
  await using gateway = new GatewayServer({ store, agent });
  const client = connect({ url: "ws://memory/", WebSocket: memoryWebSocket(gateway) });
  const session = client.session();

  await session.send("hi");
  await untilShown(session, "assistant: You said: hi");
  await until(session, ({ view }) => view.activeRuns.length === 0);
  client.close();

  expect(shown(session)).toEqual(["user: hi", "assistant: You said: hi"]);
});
