import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const run = promisify(execFile);
const entry = fileURLToPath(new URL("./hello-world.ts", import.meta.url));
// HELLO_ROUNDS=1000 is the long version. HELLO_RUNTIMES=1 adds the other runtimes.
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
  const { stdout } = await run(process.execPath, [program, rounds]);

  expect(stdout.trim()).toBe(`${rounds} of ${rounds}`);
});

describe.runIf(process.env["HELLO_RUNTIMES"])("on another runtime", () => {
  // These npm packages carry the binaries of their runtimes.
  test.each([
    ["node@24", "node", []],
    ["bun", "bun", ["run"]],
    ["deno", "deno", ["run", "-A"]],
  ])(
    "prints the complete answer each time on %s",
    async (name, binary, options) => {
      const home = join(folder, name);
      const install = await run("npm", ["install", "--prefix", home, "--no-audit", "--no-fund", name]).catch(
        (error: unknown) => error,
      );
      if (install instanceof Error) return console.warn(`Skipped: ${name} cannot be installed here.`);
      const path = join(home, "node_modules/.bin", binary);
      const { stdout } = await run(path, [...options, program, rounds]);

      expect(stdout.trim()).toBe(`${rounds} of ${rounds}`);
    },
    600_000,
  );
});
