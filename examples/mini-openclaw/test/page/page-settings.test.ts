import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AgentInput, RunEvent } from "@mini-openclaw/protocol";
import { describe, expect, test } from "vitest";
import { ModelChoices, withModelChoices } from "../../src/agent/model-choices.ts";
import { createPageSettings } from "../../src/agent/page-settings.ts";

const noEvents: AsyncIterable<RunEvent> = {
  [Symbol.asyncIterator]: () => ({ next: async () => ({ done: true, value: undefined }) }),
};

const offered = { models: ["small", "large"], efforts: ["low", "high"] };

async function temporaryFile() {
  const folder = await mkdtemp(join(tmpdir(), "page-settings-"));
  return {
    file: join(folder, "model-choices.json"),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

async function startSettings(file: string, readLongTerm = async () => "- likes tea") {
  const answer = createPageSettings({
    choices: new ModelChoices(file, offered),
    costs: async () => [{ day: "2026-11-29", costUsd: 0 }],
    tools: () => [{ name: "bash", text: "Runs a command." }],
    skills: {
      load: async () => ({
        skills: [{ name: "review", description: "Reviews.", path: "/x" }],
        diagnostics: [],
      }),
    },
    memory: {
      readLongTerm,
      readDailyLog: async () => ({ day: "2026-11-29", text: "- [09:00] tea" }),
    },
    schedules: () => [{ sessionId: "s2", when: "0 9 * * *" }],
  });
  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/settings`;
  return {
    url,
    post: (body: string) => fetch(url, { method: "POST", body }),
    async [Symbol.asyncDispose]() {
      server.close();
      await once(server, "close");
    },
  };
}

describe("the settings of the page", () => {
  test("have the models, the memory, the skills, the tools and the selection of a chat", async () => {
    await using place = await temporaryFile();
    await using settings = await startSettings(place.file);
    const selection = { sessionId: "s1", model: "large", effort: "" };
    expect(await (await settings.post(JSON.stringify(selection))).json()).toEqual({
      chat: { model: "large" },
    });

    expect(await (await fetch(`${settings.url}?session=s1`)).json()).toEqual({
      models: ["small", "large"],
      efforts: ["low", "high"],
      chat: { model: "large" },
      costs: [],
      tools: [{ name: "bash", text: "Runs a command." }],
      skills: [{ name: "review", text: "Reviews." }],
      memory: [
        { name: "MEMORY.md", text: "- likes tea" },
        { name: "2026-11-29.md", text: "- [09:00] tea" },
      ],
      schedules: [{ sessionId: "s2", when: "0 9 * * *" }],
    });
    expect(await (await fetch(`${settings.url}?only=schedules`)).json()).toEqual({
      schedules: [{ sessionId: "s2", when: "0 9 * * *" }],
    });
    expect(await (await fetch(`${settings.url}?session=s2`)).json()).toMatchObject({ chat: {} });
  });

  test.each([
    ['{"sessionId":"s1","model":"huge"}', 400, '`model` must be one of small, large, got "huge".'],
    ['{"sessionId":"s1","effort":7}', 400, "`effort` must be one of low, high, got 7."],
    ['{"model":"small"}', 400, "`sessionId` must be the id of a chat, got undefined."],
    ["model=small", 400, 'The body must be a JSON object such as {"sessionId":"…"}.'],
    ["null", 400, 'The body must be a JSON object such as {"sessionId":"…"}.'],
    [" ".repeat(10_001), 413, "The body must have at most 10000 bytes."],
  ])("refuse %s", async (body, status, error) => {
    await using place = await temporaryFile();
    await using settings = await startSettings(place.file);

    const answer = await settings.post(body);
    expect([answer.status, await answer.json()]).toEqual([
      status,
      { error, code: "INVALID_REQUEST", retryable: false },
    ]);
  });

  test("have the rest if the memory cannot be read", async () => {
    await using place = await temporaryFile();
    const readLongTerm = () => Promise.reject(new Error("MEMORY.md is a folder."));
    await using settings = await startSettings(place.file, readLongTerm);

    expect(await (await fetch(settings.url)).json()).toMatchObject({
      models: ["small", "large"],
      memory: [
        { name: "MEMORY.md", text: "It cannot be read: MEMORY.md is a folder." },
        { name: "2026-11-29.md", text: "- [09:00] tea" },
      ],
    });
  });

  test("refuse a selection that cannot be saved, and use the one from before", async () => {
    await using place = await temporaryFile();
    await mkdir(`${place.file}.new`);
    await using settings = await startSettings(place.file);

    const answer = await settings.post(JSON.stringify({ sessionId: "s1", model: "large" }));

    expect(answer.status).toBe(503);
    expect(await answer.json()).toEqual({
      error: expect.stringMatching(/model-choices\.json cannot be written: .+\. Check the disk, then select/),
      code: "STORE_FAILED",
      retryable: true,
    });
    expect(await (await fetch(`${settings.url}?session=s1`)).json()).toMatchObject({ chat: {} });
  });

  test("refuse another method", async () => {
    await using place = await temporaryFile();
    await using settings = await startSettings(place.file);

    expect((await fetch(settings.url, { method: "DELETE" })).status).toBe(405);
  });
});

describe("the choice of a chat", () => {
  test("outlives the process, and an empty one is forgotten", async () => {
    await using place = await temporaryFile();
    const before = new ModelChoices(place.file, offered);
    before.set("s1", { model: "large" });
    before.set("s2", { effort: "low" });
    before.set("s2", {});

    const after = new ModelChoices(place.file, offered);
    expect([after.of("s1"), after.of("s2")]).toEqual([{ model: "large" }, {}]);
    expect(JSON.parse(await readFile(place.file, "utf8"))).toEqual({ s1: { model: "large" } });
  });

  test.each(["", "no JSON", "null", '{"s1":null,"s2":{"model":7}}'])(
    "is empty where the file has %j",
    async (text) => {
      await using place = await temporaryFile();
      await writeFile(place.file, text);

      const choices = new ModelChoices(place.file, offered);
      expect([choices.of("s1"), choices.of("s2")]).toEqual([{}, {}]);
    },
  );

  test("is left out while the settings do not offer it", async () => {
    await using place = await temporaryFile();
    new ModelChoices(place.file, offered).set("s1", { model: "large", effort: "low" });

    const other = new ModelChoices(place.file, { models: ["qwen3:8b"], efforts: [] });
    other.set("s2", { model: "qwen3:8b" });

    expect([other.of("s1"), other.of("s2")]).toEqual([{}, { model: "qwen3:8b" }]);
    expect(new ModelChoices(place.file, offered).of("s1")).toEqual({ model: "large", effort: "low" });
  });

  test("of the last thousand chats is kept", async () => {
    await using place = await temporaryFile();
    const choices = new ModelChoices(place.file, offered);
    for (let index = 0; index <= 1000; index += 1) choices.set(`s${index}`, { model: "large" });

    expect([choices.of("s0"), choices.of("s1")]).toEqual([{}, { model: "large" }]);
  });

  test("is given to the agent with each run of the chat", async () => {
    await using place = await temporaryFile();
    const choices = new ModelChoices(place.file, offered);
    choices.set("s1", { model: "large", effort: "low" });
    const inputs: AgentInput[] = [];
    const agent = withModelChoices(
      {
        neededMessages: 7,
        run(input): AsyncIterable<RunEvent> {
          inputs.push(input);
          return noEvents;
        },
      },
      choices,
    );
    const input = { runId: "r1", messages: [], signal: new AbortController().signal };
    for (const sessionId of ["s1", "s2"]) agent.run({ ...input, sessionId, options: { temperature: 1 } });

    expect(agent.neededMessages).toBe(7);
    expect(inputs.map(({ sessionId, model, options }) => [sessionId, model, options])).toEqual([
      ["s1", "large", { temperature: 1, effort: "low" }],
      ["s2", undefined, { temperature: 1 }],
    ]);
  });
});
