import { GatewayServer } from "@mini-openclaw/gateway";
import { scriptedAgent } from "@mini-openclaw/gateway/testing";
import { createMemoryStore } from "@mini-openclaw/session-store";
import { expect, test } from "vitest";
import type * as solution from "../solutions/33.2-transcript.ts";
import { load } from "./load.ts";

const { callsOf } = await load<typeof solution>("33.2-transcript");

test("the transcript of a chat about a file holds every input, call and result", async () => {
  const store = createMemoryStore();
  const input = { file_path: "a.txt", content: "one" };
  const agent = scriptedAgent([
    [
      { calls: "write_file", input, output: "Wrote 3 bytes." },
      { calls: "read_file", input: { file_path: "a.txt" }, output: "1\tone" },
      "The file is written.",
    ],
  ]);
  const gateway = new GatewayServer({ store, agent });
  const { sessionId, ended } = await gateway.submit({ key: "webchat", content: "Write one into a.txt." });
  await ended;
  await gateway.close();

  expect(await callsOf(store, sessionId)).toEqual([
    { tool: "write_file", input, output: "Wrote 3 bytes." },
    { tool: "read_file", input: { file_path: "a.txt" }, output: "1\tone" },
  ]);
});
