import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startModelServer, toolCall } from "./model-server.ts";
import { connectSeedClient } from "./seed-client.ts";
import { startServer, temporaryDirectory } from "./server.ts";
import { readTranscript } from "./transcript.ts";

test("a long session is summed up, its facts are remembered, and its end is a line of the day's log", async () => {
  await using directory = await temporaryDirectory();
  await using model = await startModelServer();
  const tea = [toolCall("toolu_1", "remember", { note: "Likes tea" })];
  model.mock.onMessage("is about to be replaced by a summary", { toolCalls: tea });
  model.mock.onMessage("Sum up the conversation above", { content: "They spoke of tea." });
  model.mock.onMessage("assistant: first answer", { content: "Tea was spoken of." });
  for (const word of ["first", "second", "third"]) model.mock.onMessage(word, { content: `${word} answer` });
  await using server = await startServer(directory.path, {
    ...model.env,
    MINI_OPENCLAW_MAX_CONTEXT: "4",
    MINI_OPENCLAW_LOG_DAYS: "3",
  });
  await using client = await connectSeedClient(server.webSocketUrl);

  for (const word of ["first", "second", "third"]) await client.ask(`${word} question`);
  await client.close();
  expect(await server.stop()).toBe(0);

  const lines = readTranscript(directory.path, client.sessionId).slice(1);
  expect(lines.map(({ role, type, content }) => `${role ?? type} ${content ?? ""}`.trim())).toEqual([
    "user first question",
    "assistant first answer",
    "run_end",
    "user second question",
    "assistant second answer",
    "run_end",
    "user third question",
    "system They spoke of tea.",
    "assistant third answer",
    "run_end",
  ]);
  expect(await readFile(join(directory.path, "MEMORY.md"), "utf8")).toBe("- Likes tea\n");
  const asked = JSON.stringify(model.mock.getLastRequest()?.body);
  expect(asked).toContain("assistant: third answer");
  const logs = join(directory.path, ".mini-openclaw", "memory", "daily-logs");
  const [day = ""] = await readdir(logs);
  expect(await readFile(join(logs, day), "utf8")).toMatch(/^- \[\d\d:\d\d:\d\d\] Tea was spoken of\.\n$/);
});
