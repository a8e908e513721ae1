import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createSpeaker } from "./speaker.ts";
import { testGateway } from "./test-client.ts";

const entry = fileURLToPath(new URL("./callbacks-child.ts", import.meta.url));
let folder = "";
let bundle = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "client-callbacks-"));
  bundle = join(folder, "child.cjs");
  await build({
    ...{ entryPoints: [entry], outfile: bundle, conditions: ["@mini-openclaw/source"] },
    ...{ bundle: true, format: "cjs", platform: "node", tsconfigRaw: {} },
  });
});
afterAll(() => rm(folder, { recursive: true }));

test.each(["throws", "rejects"])("keeps the process alive when a callback of the app %s", async (way) => {
  await using gateway = await testGateway(createSpeaker(() => "Hello.").agent);
  const url = `ws://127.0.0.1:${gateway.port}/`;

  const { stdout } = await promisify(execFile)(process.execPath, [bundle, url, way]);

  const lines = stdout.trim().split("\n");
  expect(lines.pop()).toBe("done");
  expect(lines).toEqual([
    "mayRetry: CONNECT_FAILED CALLBACK_FAILED",
    // Its own failure is printed.
    "onFailure: ",
    "token: TOKEN_FAILED",
    "listener of the connection: CALLBACK_FAILED",
    "listener of a session: CALLBACK_FAILED",
    "listener of session changes: CALLBACK_FAILED",
    "constructor of the WebSocket: CONNECT_FAILED",
    "constructor of the second WebSocket: CONNECT_FAILED",
    "send of the WebSocket: CONNECT_FAILED",
    "send of the second WebSocket: CONNECT_FAILED",
    // Nothing depends on a socket that the client has left.
    "close of the WebSocket: ",
    "addEventListener of the WebSocket: CONNECT_FAILED",
  ]);
});
