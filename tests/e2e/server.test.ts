import { once } from "node:events";
import { readdir, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { describe, expect, test } from "vitest";
import { startModelServer } from "./model-server.ts";
import { chunksOf, connectSeedClient } from "./seed-client.ts";
import { runToExit, startServer, temporaryDirectory } from "./server.ts";
import { readTranscript } from "./transcript.ts";

test("two clients on one session: nothing interleaves, both see everything", async () => {
  await using directory = await temporaryDirectory();
  await using model = await startModelServer();
  const count = 5;
  for (let round = 0; round < count; round += 1) {
    for (const who of ["first", "second"]) {
      model.mock.onMessage(`${who} ${round}`, { content: `an answer to ${who} ${round}, in pieces` });
    }
  }
  await using server = await startServer(directory.path, model.env);
  await using first = await connectSeedClient(server.webSocketUrl);
  await using second = await connectSeedClient(server.webSocketUrl);

  for (let round = 0; round < count; round += 1) {
    first.send({ type: "message", content: `first ${round}` });
    second.send({ type: "message", content: `second ${round}` });
  }
  for (let done = 0; done < 2 * count; done += 1) await first.until("message_done");
  for (let done = 0; done < 2 * count; done += 1) await second.until("message_done");

  expect(second.sessionId).toBe(first.sessionId);
  expect(second.events).toEqual(first.events);
  const answers = splitRuns(first.events);
  expect(answers).toHaveLength(2 * count);
  for (const { chunks, done } of answers) expect(chunks).toBe(done);
  await server.stop();
  const runs = readTranscript(directory.path, first.sessionId).slice(1);
  expect(runs.map(({ role, type }) => role ?? type)).toEqual(
    Array.from({ length: 2 * count }, () => ["user", "assistant", "run_end"]).flat(),
  );
  for (let index = 0; index < runs.length; index += 3) {
    expect(runs[index + 1]?.content).toBe(`an answer to ${runs[index]?.content}, in pieces`);
  }
});

/** Returns the streamed text before each `message_done`, and the content of that event. */
function splitRuns(events: Parameters<typeof chunksOf>[0]) {
  const runs: { chunks: string; done: string }[] = [];
  let from = 0;
  for (const [index, event] of events.entries()) {
    if (event.type !== "message_done") continue;
    runs.push({ chunks: chunksOf(events.slice(from, index)), done: event.content });
    from = index + 1;
  }
  return runs;
}

describe("hostile frames", () => {
  test.each([
    ["no JSON", "{", "INVALID_FRAME"],
    ["an unknown type", '{"type":"shout"}', "UNKNOWN_TYPE"],
    ["a wrong field type", '{"type":"message","content":{}}', "INVALID_FRAME"],
    ["an unknown session", '{"type":"message","content":"hi","sessionId":"nobody"}', "SESSION_NOT_FOUND"],
  ])("answers %s with an error code, and keeps running", async (_what, frame, code) => {
    await using directory = await temporaryDirectory();
    await using server = await startServer(directory.path);
    await using client = await connectSeedClient(server.webSocketUrl);

    client.send(frame);

    expect(await client.until("error")).toMatchObject({ code, message: expect.stringMatching(/\w/) });
    client.send({ type: "ping" });
    await client.until("pong");
  });

  test("closes the connection of a 9 MiB frame with 1009, and keeps running", async () => {
    await using directory = await temporaryDirectory();
    await using server = await startServer(directory.path);
    await using client = await connectSeedClient(server.webSocketUrl);

    client.send({ type: "message", content: "x".repeat(9 * 1_048_576) });
    const [code] = await once(client.socket, "close");

    expect(code).toBe(1009);
    await using other = await connectSeedClient(server.webSocketUrl);
    other.send({ type: "ping" });
    await other.until("pong");
  });
});

describe("starting", () => {
  test("announces the scripted demo without a key, with real tools", async () => {
    await using directory = await temporaryDirectory();
    await using server = await startServer(directory.path);
    await using client = await connectSeedClient(server.webSocketUrl);

    const listed = await client.ask("List the files, please.");
    const ran = await client.ask("写一个程序并运行");

    expect(server.text()).toContain("scripted demo (no key");
    expect(listed).toContainEqual(expect.objectContaining({ type: "tool_done", output: "README.md" }));
    expect(ran.flatMap((event) => (event.type === "tool_start" ? [event.toolName] : []))).toEqual([
      "write_file",
      "bash",
    ]);
    expect(chunksOf(ran)).toContain("5 squared is 25");
    const program = `${directory.path}/.mini-openclaw/demo-workspace/hello.js`;
    expect((await stat(program)).isFile()).toBe(true);
  });

  test("prints the settings in use and the address", async () => {
    await using directory = await temporaryDirectory();
    await using server = await startServer(directory.path, {
      ANTHROPIC_API_KEY: "k",
      MINI_OPENCLAW_MODEL: "m-1",
    });

    const facts = [
      "workspace",
      "model",
      "costs",
      "address",
      "sessions",
      "memory",
      "skills",
      "tools",
      "sandbox",
    ];
    for (const fact of facts) expect(server.text()).toMatch(new RegExp(`^ {2}${fact} +\\S`, "m"));
    expect(server.text()).toMatch(/^ {2}model +m-1$/m);
    expect(server.text()).toMatch(
      /^ {2}tools +bash, bash_output, bash_stop, read_file, write_file, edit_file, list_files, grep, glob, remember, todo, task$/m,
    );
  });

  test("names each bad setting, and exits with 78", async () => {
    await using directory = await temporaryDirectory();

    const { code, text } = await runToExit(directory.path, {
      MINI_OPENCLAW_PORT: "80800",
      MINI_OPENCLAW_MAX_CONTEXT: "many",
      ANTHROPIC_BASE_URL: "localhost:8080",
    });

    expect(code).toBe(78);
    expect(text).toBe(`Mini OpenClaw cannot start with these settings:
\`MINI_OPENCLAW_PORT\` must be an integer from 0 to 65535, got "80800".
\`MINI_OPENCLAW_MAX_CONTEXT\` must be an integer from 1 to 10000, got "many".
\`ANTHROPIC_BASE_URL\` must be an http:// or https:// address, got "localhost:8080".
`);
  });

  test("exits with 78 if a sandbox is required and none works", async () => {
    await using directory = await temporaryDirectory();

    const env = { PATH: directory.path, MINI_OPENCLAW_SANDBOX: "required" };
    const { code, text } = await runToExit(directory.path, env);

    expect(code).toBe(78);
    expect(text).toBe(`Mini OpenClaw cannot start with these settings:
\`MINI_OPENCLAW_SANDBOX\` is "required", but no sandbox works: bubblewrap is not installed (bwrap is not there).
`);
    expect(await readdir(directory.path)).toEqual([]);
  });

  test("refuses to listen beyond loopback without a token", async () => {
    await using directory = await temporaryDirectory();

    const { code, text } = await runToExit(directory.path, { MINI_OPENCLAW_HOST: "0.0.0.0" });

    expect(code).toBe(1);
    expect(text).toMatch(/0\.0\.0\.0\. .*\. Set MINI_OPENCLAW_TOKEN \(try: openssl rand -hex 32\)/);
  });

  test("with another server's data directory prints its address, and starts once that is killed", async () => {
    await using directory = await temporaryDirectory();
    const first = await startServer(directory.path);

    const { code, text } = await runToExit(directory.path, {});
    await first.stop("SIGKILL");
    await using second = await startServer(directory.path);

    expect(code).toBe(1);
    expect(text).toBe(`Mini OpenClaw already runs with this data directory: open ${first.url}\n`);
    expect(second.url).toMatch(/^http/);
  });

  test("names the setting of a taken port, and exits with 1", async () => {
    await using directory = await temporaryDirectory();
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as { port: number };

    const { code, text } = await runToExit(directory.path, { MINI_OPENCLAW_PORT: String(port) });

    other.close();
    expect(code).toBe(1);
    expect(text).toBe(
      `Mini OpenClaw cannot start: Port ${port} on 127.0.0.1: another program has it (listen EADDRINUSE: address already in use 127.0.0.1:${port}). Set MINI_OPENCLAW_PORT to a free port.\n`,
    );
  });
});

test("GET /health counts the clients that are connected", async () => {
  await using directory = await temporaryDirectory();
  await using server = await startServer(directory.path);
  const connections = async () => {
    const health = (await (await fetch(`${server.url}health`)).json()) as { connections: number };
    return health.connections;
  };

  const counts = [await connections()];
  const client = await connectSeedClient(server.webSocketUrl);
  counts.push(await connections());
  await using second = await connectSeedClient(server.webSocketUrl);
  counts.push(await connections());
  await client.close();
  // The server sees the close before it answers later frames.
  second.send({ type: "ping" });
  await second.until("pong");
  counts.push(await connections());

  expect(counts).toEqual([0, 1, 2, 1]);
});

test.each(["SIGINT", "SIGTERM"] as const)(
  "%s closes connections with 1001 and exits with 0",
  async (signal) => {
    await using directory = await temporaryDirectory();
    await using server = await startServer(directory.path);
    const client = await connectSeedClient(server.webSocketUrl);

    const closed = once(client.socket, "close");
    const code = await server.stop(signal);

    expect(code).toBe(0);
    expect((await closed)[0]).toBe(1001);
  },
);
