import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { programsOf } from "./programs-of.ts";

const here = fileURLToPath(new URL(".", import.meta.url));

/**
 * Runs the program of a page from the sources of the packages. Returns the lines that it prints.
 */
export async function runProgram(markdown: string): Promise<string[]> {
  const [program = ""] = programsOf(markdown);
  // In this folder, because imports are resolved from the folder of a file.
  const folder = await mkdtemp(join(here, "programs-"));
  try {
    const file = join(folder, "program.mjs");
    await build({
      stdin: { contents: program, resolveDir: here, loader: "ts" },
      outfile: file,
      conditions: ["@mini-openclaw/source"],
      ...{ bundle: true, format: "esm", platform: "node", target: "node20" },
      // CommonJS dependencies, such as ws, call `require`.
      banner: {
        js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
      },
    });
    const child = spawn(process.execPath, [file]);
    const [output, problem, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, "exit"),
    ]);
    if (code !== 0) throw new Error(`The program ended with ${code}: ${problem}.`);
    return output.trim().split("\n");
  } finally {
    await rm(folder, { recursive: true });
  }
}
