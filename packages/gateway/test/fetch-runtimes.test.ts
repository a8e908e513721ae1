import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundleProgram } from "../../../scripts/bundle-program.mjs";
import { installRuntime, otherRuntimes } from "../../../scripts/other-runtimes.mjs";
import { runProgram } from "./child/run-program.ts";

const source = new URL("./child/fetch-server.ts", import.meta.url);
const expected = [
  "message 200 You said: hello",
  "long message 200 300010",
  "stream 200 true",
  "head 200 0",
  "list 1",
  "wrong type 415",
  "foreign page 403",
  "left 0",
];
let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fetch-runtimes-"));
});
afterAll(() => rm(folder, { recursive: true }));

test("serves a route of Hono on Node", async () => {
  expect(await runProgram(source)).toEqual(expected);
});

test.each(otherRuntimes)(
  "serves the requests of %s",
  async (name) => {
    const run = await installRuntime(name, folder);

    expect((await run(await bundleProgram(source, folder))).split("\n")).toEqual(expected);
  },
  600_000,
);
