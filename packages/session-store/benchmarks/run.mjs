// Bundles one benchmark and runs it in a fresh process: node benchmarks/run.mjs appends | reads |
// open
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "tsup";

const names = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith(".bench.ts"))
  .map((name) => name.slice(0, -".bench.ts".length));
const wanted = process.argv.slice(2);
const unknown = wanted.find((name) => !names.includes(name));
if (unknown !== undefined) {
  console.error(`There is no benchmark ${unknown}; there are ${names.join(", ")}.`);
  process.exit(64);
}

const folder = mkdtempSync(join(tmpdir(), "session-store-bench-"));
try {
  for (const name of wanted.length > 0 ? wanted : names) {
    await build({
      entry: { [name]: join(import.meta.dirname, `${name}.bench.ts`) },
      outDir: folder,
      outExtension: () => ({ js: ".mjs" }),
      format: ["esm"],
      platform: "node",
      target: "node20.19",
      noExternal: [/^(?!better-sqlite3)/],
      external: ["better-sqlite3"],
      esbuildOptions: (options) => {
        options.conditions = ["@mini-openclaw/source"];
      },
      config: false,
      silent: true,
    });
    const { status } = spawnSync(process.execPath, ["--expose-gc", join(folder, `${name}.mjs`)], {
      stdio: "inherit",
    });
    if (status !== 0) process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true });
}
