import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import { installRuntime, otherRuntimes } from "../../../scripts/other-runtimes.mjs";

const entry = fileURLToPath(new URL("./hello-world.ts", import.meta.url));
// HELLO_ROUNDS=1000 is the long version. OTHER_RUNTIMES=1 adds the other runtimes.
const rounds = process.env["HELLO_ROUNDS"] ?? "60";
let folder = "";
let program = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "hello-runtimes-"));
  program = join(folder, "hello-world.cjs");
  await build({
    ...{ entryPoints: [entry], outfile: program, conditions: ["@mini-openclaw/source"] },
    ...{ bundle: true, format: "cjs", platform: "node", tsconfigRaw: {} },
  });
});
afterAll(() => rm(folder, { recursive: true }));

test("prints the complete answer each time", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [program, rounds]);

  expect(stdout.trim()).toBe(`${rounds} of ${rounds}`);
});

test.each(otherRuntimes)(
  "prints the complete answer each time on %s",
  async (name) => {
    const run = await installRuntime(name, folder);

    expect(await run(program, rounds)).toBe(`${rounds} of ${rounds}`);
  },
  600_000,
);
