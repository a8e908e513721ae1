import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { startModelServer, toolCall } from "./model-server.ts";
import { connectSeedClient } from "./seed-client.ts";
import { startServer, temporaryDirectory } from "./server.ts";

// The package that has Vite already.
const neighbours = createRequire(new URL("../neighbours/package.json", import.meta.url));
const vite = join(dirname(neighbours.resolve("vite/package.json")), "bin/vite.js");

type Client = Awaited<ReturnType<typeof connectSeedClient>>;
type Model = Awaited<ReturnType<typeof startModelServer>>;

/** A registry on loopback with one package, packed by npm itself. */
async function startRegistry(folder: string) {
  mkdirSync(join(folder, "source"), { recursive: true });
  const manifest = { name: "claw-greeting", version: "1.2.3", main: "index.js" };
  writeFileSync(join(folder, "source/package.json"), JSON.stringify(manifest));
  writeFileSync(join(folder, "source/index.js"), 'module.exports = "hello from the registry";\n');
  const env = { ...process.env, npm_config_cache: join(folder, "cache") };
  execFileSync("npm", ["pack", "./source"], { cwd: folder, env, stdio: "ignore" });
  const archive = readFileSync(join(folder, "claw-greeting-1.2.3.tgz"));
  const server = createServer((request, response) => {
    if (request.url?.endsWith(".tgz")) return void response.end(archive);
    if (request.url !== "/claw-greeting") return void response.writeHead(404).end("{}");
    const integrity = `sha512-${createHash("sha512").update(archive).digest("base64")}`;
    const dist = { tarball: `http://${request.headers.host}/claw-greeting.tgz`, integrity };
    const versions = { "1.2.3": { ...manifest, dist } };
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ name: manifest.name, "dist-tags": { latest: "1.2.3" }, versions }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

let count = 0;

/** Makes the model call one tool, and returns the call's result. */
async function call(
  { mock }: Model,
  client: Client,
  name: string,
  input: Record<string, unknown>,
): Promise<{ output: string; isError: boolean }> {
  count += 1;
  const id = `toolu_${count}`;
  const message = `Do it, number ${count}.`;
  mock.onToolResult(id, { content: "Done." });
  mock.onMessage(message, { content: "", toolCalls: [toolCall(id, name, input)] });
  const events = await client.ask(message);
  const done = events.find(({ type }) => type === "tool_done");
  return done as unknown as { output: string; isError: boolean };
}

test("npm installs a package from a registry, and the package runs", async () => {
  await using directory = await temporaryDirectory();
  await using outside = await temporaryDirectory();
  await using registry = await startRegistry(outside.path);
  await using model = await startModelServer();
  await using server = await startServer(directory.path, model.env);
  await using client = await connectSeedClient(server.webSocketUrl);
  const flags = `--registry ${registry.url} --cache ./.npm-cache --no-audit --no-fund --no-update-notifier`;

  const installed = await call(model, client, "bash", {
    command: `npm init -y >/dev/null && npm install claw-greeting ${flags}`,
    timeout_seconds: 120,
  });
  expect(installed.output).toContain("added 1 package");
  const { dependencies } = JSON.parse(readFileSync(join(directory.path, "package.json"), "utf8"));
  expect(dependencies).toEqual({ "claw-greeting": "^1.2.3" });
  const ran = await call(model, client, "bash", { command: `node -p 'require("claw-greeting")'` });
  expect(ran.output).toBe("hello from the registry\n");
});

test("a dev server continues in the background, serves, reloads, and is stopped", async () => {
  await using directory = await temporaryDirectory();
  await using model = await startModelServer();
  // The sandbox has a /tmp of its own, and a checkout with Vite may be under it.
  await using server = await startServer(directory.path, { ...model.env, MINI_OPENCLAW_SANDBOX: "off" });
  await using client = await connectSeedClient(server.webSocketUrl);
  const page = join(directory.path, "index.html");
  writeFileSync(page, "<h1>Claw</h1>\n");

  const started = await call(model, client, "bash", {
    command: `node ${vite} --host 127.0.0.1 --port 0`,
    background: true,
  });
  expect(started.output).toContain("still running. Read on with bash_output");
  const id = /its id is (\w+)/.exec(started.output)?.[1] ?? "";
  let output = started.output;
  while (!/Local/.test(output)) {
    output += (await call(model, client, "bash_output", { id, wait_seconds: 1 })).output;
  }
  // Vite writes colours only to terminals, and what is read has no escape sequences in any case.
  expect(output).not.toContain("\u001b");
  const url = /http:\/\/127\.0\.0\.1:\d+\//.exec(output)?.[0] ?? "";
  expect(await (await fetch(url)).text()).toContain("<h1>Claw</h1>");

  // Another run of the session has the command in its prompt, and the server sees changes.
  const edit = { file_path: "index.html", old_text: "Claw", new_text: "Pincer" };
  expect(await call(model, client, "edit_file", edit)).toMatchObject({ isError: false });
  const asked = JSON.stringify(model.mock.getLastRequest()?.body);
  expect(asked).toContain(`${id} (running)`);
  expect(await (await fetch(url)).text()).toContain("<h1>Pincer</h1>");

  const stopped = await call(model, client, "bash_stop", { id });
  expect(stopped.output).toContain(`[${id} is ended]`);
  await expect(fetch(url)).rejects.toThrow("fetch failed");
});
