import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { freePort } from "../../../../scripts/free-port.mjs";
import { temporaryDirectory } from "../temporary-directory.ts";
import { connected } from "./connected.ts";

// The reference servers, 2026.8.31: https://github.com/modelcontextprotocol/servers
const require = createRequire(import.meta.url);
const packages = {
  everything: require.resolve("@modelcontextprotocol/server-everything/package.json"),
  filesystem: require.resolve("@modelcontextprotocol/server-filesystem/package.json"),
  memory: require.resolve("@modelcontextprotocol/server-memory/package.json"),
  "sequential-thinking": require.resolve("@modelcontextprotocol/server-sequential-thinking/package.json"),
};
type Name = keyof typeof packages;
const programOf = (name: Name) => join(packages[name], "../dist/index.js");
const started = (name: Name, args: string[] = [], env: Record<string, string> = {}) => ({
  ...{ command: process.execPath, args: [programOf(name), ...args], env, trust: true },
});

type Connected = Awaited<ReturnType<typeof connected>>;

const png = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

const annotated = { messageType: "error", includeImage: true };
const embedded = (resourceType: string) => ({ resourceType, resourceId: 1 });

/** Starts the server "everything" over HTTP, and waits until it answers. */
async function startEverything(port: number): Promise<ChildProcess> {
  const child = spawn(process.execPath, [programOf("everything"), "streamableHttp"], {
    env: { PATH: process.env["PATH"], PORT: String(port) },
    stdio: ["ignore", "ignore", "pipe"],
  });
  await vi.waitFor(() => fetch(`http://127.0.0.1:${port}/mcp`), { timeout: 20_000 });
  return child;
}

const overHttp = (port: number) => ({
  everything: { url: `http://127.0.0.1:${port}/mcp`, headers: {}, trust: true },
});

describe.each(["stdio", "HTTP"])("the server everything over %s", (transport) => {
  let here: Connected;
  let child: ChildProcess | undefined;
  beforeAll(async () => {
    if (transport === "stdio") {
      vi.stubEnv("SECRET_KEY", "sk-secret");
      here = await connected({ everything: started("everything", ["stdio"], { OWN: "own" }) });
    } else {
      const port = await freePort();
      child = await startEverything(port);
      here = await connected(overHttp(port));
    }
  }, 30_000);
  afterAll(async () => {
    child?.kill("SIGKILL");
    await here[Symbol.asyncDispose]();
    vi.unstubAllEnvs();
  });

  test("gives its tools and instructions, without those for tasks, roots, sampling or elicitation", () => {
    const [status] = here.servers.status();
    expect(status).toMatchObject({ state: "connected", tools: 12 });
    expect(status?.faults).toEqual([
      "The tool simulate-research-query was left out: it runs as a task only.",
    ]);
    expect(here.servers.instructions?.()[0]?.text).toMatch(/^# Everything Server/);
  });

  test.each<[string, string, Record<string, unknown>, RegExp]>([
    ["a text", "echo", { message: "hi" }, /^Echo: hi$/],
    ["a sum", "get-sum", { a: 2, b: 3 }, /^The sum of 2 and 3 is 5\.$/],
    [
      "a message without its part for the user",
      "get-annotated-message",
      annotated,
      /^Error: Operation failed$/,
    ],
    ["the text of structured content", "get-structured-content", { location: "Chicago" }, /"temperature":36/],
    [
      "links to resources",
      "get-resource-links",
      { count: 1 },
      /\n\[resource: demo:\/\/resource\/\S+, text\/plain\]$/,
    ],
    [
      "an embedded text",
      "get-resource-reference",
      embedded("Text"),
      /\nResource 1: This is a plaintext resource/,
    ],
    [
      "an embedded binary",
      "get-resource-reference",
      embedded("Blob"),
      /\n\[resource: \S+, text\/plain, \d+ bytes\]\n/,
    ],
  ])("returns %s", async (_, name, input, output) => {
    const result = await here.call(`everything__${name}`, input);
    expect(result).toEqual({ output: expect.stringMatching(output) as string, isError: false });
  });

  test("returns an image that the model sees", async () => {
    const { output, blocks } = await here.call("everything__get-tiny-image", {});
    expect(output).toMatch(/\[image: image\/png, \d+ kB\]/);
    expect(blocks).toMatchObject([{ type: "text" }, { type: "image", mediaType: "image/png" }]);
  });

  test("returns its own error for an input that it refuses", async () => {
    const { output, isError } = await here.call("everything__get-sum", { a: "x", b: 2 });
    expect(isError).toBe(true);
    expect(output).toContain("expected number, received string at a");
  });

  test("shows progress, and is cancelled with the run", async () => {
    const controller = new AbortController();
    const progress: string[] = [];
    const long = { duration: 60, steps: 600 };
    const result = await here.call("everything__trigger-long-running-operation", long, {
      signal: controller.signal,
      progress(text) {
        progress.push(text);
        controller.abort();
      },
    });
    expect(progress).toEqual(["[1 of 600]\n"]);
    expect(result.output).toBe("The tool failed: The call was cancelled; it may have run.");
    expect((await here.call("everything__echo", { message: "hi" })).output).toBe("Echo: hi");
  });

  test("gets no key of ours", async () => {
    expect((await here.call("everything__get-env", {})).output).not.toContain("sk-secret");
  });
});

test("a session that the server everything lost is opened again for the next call", async () => {
  const port = await freePort();
  let child = await startEverything(port);
  try {
    await using here = await connected(overHttp(port));
    expect((await here.call("everything__echo", { message: "hi" })).output).toBe("Echo: hi");
    child.kill("SIGKILL");
    await once(child, "close");
    child = await startEverything(port);
    expect((await here.call("everything__echo", { message: "hi" })).isError).toBe(true);
    expect((await here.call("everything__echo", { message: "again" })).output).toBe("Echo: again");
  } finally {
    child.kill("SIGKILL");
  }
});

test("the server filesystem reads and writes in its folder only", async () => {
  await using folder = await temporaryDirectory({ "a.txt": "in the workspace\n" });
  await writeFile(join(folder.path, "a.png"), png);
  await using here = await connected({ files: started("filesystem", [folder.path]) });
  const read = await here.call("files__read_text_file", { path: join(folder.path, "a.txt") });
  expect(read).toEqual({ output: "in the workspace\n", isError: false });
  const input = { path: join(folder.path, "b.txt"), content: "new\n" };
  expect((await here.call("files__write_file", input)).isError).toBe(false);
  expect(await readFile(input.path, "utf8")).toBe("new\n");
  expect((await here.call("files__read_text_file", { path: "/etc/hostname" })).isError).toBe(true);
  const { blocks } = await here.call("files__read_media_file", { path: join(folder.path, "a.png") });
  expect(blocks?.at(-1)).toMatchObject({ type: "image", data: png.toString("base64") });
});

test("the servers memory and sequential-thinking work beside each other", async () => {
  await using folder = await temporaryDirectory();
  const file = join(folder.path, "memory.jsonl");
  await using here = await connected({
    memory: started("memory", [], { MEMORY_FILE_PATH: file }),
    thinking: started("sequential-thinking"),
  });
  const entities = [{ name: "Ann", entityType: "person", observations: ["likes tea"] }];
  expect((await here.call("memory__create_entities", { entities })).isError).toBe(false);
  expect((await here.call("memory__read_graph", {})).output).toContain("likes tea");
  expect(await readFile(file, "utf8")).toContain("likes tea");
  const thought = { thought: "First.", nextThoughtNeeded: false, thoughtNumber: 1, totalThoughts: 1 };
  const { output } = await here.call("thinking__sequentialthinking", thought);
  expect(JSON.parse(output)).toMatchObject({ thoughtNumber: 1, nextThoughtNeeded: false });
});
