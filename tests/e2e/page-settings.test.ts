import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startModelServer } from "./model-server.ts";
import { startServer, temporaryDirectory } from "./server.ts";

test("a chat is answered by the model that its user selected, also after a restart", async () => {
  await using folder = await temporaryDirectory();
  await using models = await startModelServer();
  models.mock.onMessage(/./, { content: "Hello." });
  await writeFile(join(folder.path, "MEMORY.md"), "- likes tea\n");
  const token = "t".repeat(32);
  const env = {
    ...models.env,
    MINI_OPENCLAW_MODEL: "claude-sonnet-5-5",
    MINI_OPENCLAW_FALLBACK_MODELS: "claude-opus-5-5",
    MINI_OPENCLAW_TOKEN: token,
  };
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const ask = async (url: string, path: string, body?: object): Promise<Record<string, unknown>> => {
    const answer = await fetch(new URL(path, url), {
      headers,
      ...(body && { method: "POST", body: JSON.stringify(body) }),
    });
    return (await answer.json()) as Record<string, unknown>;
  };
  const asked = () => models.mock.getRequests().map(({ body }) => Object(body).model as unknown);

  await using first = await startServer(folder.path, env);
  expect((await fetch(new URL("settings", first.url))).status).toBe(401);
  const { sessionId } = await ask(first.url, "sessions", {});
  expect(await ask(first.url, `settings?session=${String(sessionId)}`)).toMatchObject({
    models: ["claude-sonnet-5-5", "claude-opus-5-5"],
    efforts: ["low", "medium", "high", "xhigh", "max"],
    chat: {},
    memory: [{ name: "MEMORY.md", text: "- likes tea\n" }],
    tools: expect.arrayContaining([{ name: "bash", text: expect.any(String) }]),
  });
  await ask(first.url, `sessions/${String(sessionId)}/messages`, { content: "one" });
  await ask(first.url, "settings", { sessionId, model: "claude-opus-5-5", effort: "low" });
  await ask(first.url, `sessions/${String(sessionId)}/messages`, { content: "two" });
  await first.stop();
  await using second = await startServer(folder.path, env);
  await ask(second.url, `sessions/${String(sessionId)}/messages`, { content: "three" });

  expect(asked()).toEqual(["claude-sonnet-5-5", "claude-opus-5-5", "claude-opus-5-5"]);
});
