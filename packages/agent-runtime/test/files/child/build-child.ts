import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "tsup";

/**
 * Bundles `call-tool-once.ts` into a folder, so that plain Node runs it. Returns the program's
 * path.
 */
export async function buildChild(folder: string): Promise<string> {
  await build({
    entry: { child: fileURLToPath(new URL("./call-tool-once.ts", import.meta.url)) },
    outDir: folder,
    outExtension: () => ({ js: ".mjs" }),
    format: ["esm"],
    platform: "node",
    target: "node20.19",
    noExternal: [/./],
    banner: {
      js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
    },
    esbuildOptions: (options) => {
      options.conditions = ["@mini-openclaw/source"];
    },
    config: false,
    silent: true,
  });
  return join(folder, "child.mjs");
}
