import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "tsup";
import { expect, test } from "vitest";

/** Bundles the program into a folder, so that plain Node runs it. Returns its path. */
async function buildProgram(folder: string): Promise<string> {
  await build({
    entry: { program: fileURLToPath(new URL("./child/broken-callbacks.ts", import.meta.url)) },
    outDir: folder,
    outExtension: () => ({ js: ".mjs" }),
    format: ["esm"],
    platform: "node",
    target: "node20.19",
    noExternal: [/./],
    // `ws` is CommonJS and requires modules of Node.
    banner: {
      js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
    },
    esbuildOptions: (options) => {
      options.conditions = ["@mini-openclaw/source"];
    },
    config: false,
    silent: true,
  });
  return join(folder, "program.mjs");
}

test("no callback of the app ends the process, whatever it throws or rejects with", async () => {
  const folder = await mkdtemp(join(tmpdir(), "callbacks-"));
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [await buildProgram(folder)]);
    const lines = stdout.trimEnd().split("\n");

    expect(lines.filter((line) => !line.endsWith(": lives"))).toEqual([]);
    expect(lines.length).toBeGreaterThan(150);
  } finally {
    await rm(folder, { recursive: true });
  }
});
