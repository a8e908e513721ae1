// Bundles a program of a test, so that plain Node runs it as a process of its own.
import { basename, extname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { build } from "tsup";

/**
 * Bundles a TypeScript program and all that it imports into `folder`. Returns the path of the
 * program. The packages come from their sources, or from their builds if `TEST_TARGET` is `dist`.
 *
 * @param {URL} source @param {string} folder @returns {Promise<string>}
 */
export async function bundleProgram(source, folder) {
  const path = fileURLToPath(source);
  const name = basename(path, extname(path));
  await build({
    entry: { [name]: path },
    outDir: folder,
    outExtension: () => ({ js: ".mjs" }),
    format: ["esm"],
    platform: "node",
    target: "node20.19",
    noExternal: [/./],
    // Some libraries are CommonJS and require modules of Node.
    banner: {
      js: 'import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);',
    },
    esbuildOptions: (options) => {
      options.conditions = process.env["TEST_TARGET"] === "dist" ? [] : ["@mini-openclaw/source"];
    },
    config: false,
    silent: true,
  });
  return join(folder, `${name}.mjs`);
}
