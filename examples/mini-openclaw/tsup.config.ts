import { cpSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "tsup";
import base from "../../tsup.config.base.ts";
import { writeLicenses } from "../../tsup.licenses.ts";
import { namedExports } from "./bundle/named-exports.ts";

const store = fileURLToPath(import.meta.resolve("@mini-openclaw/session-store"));
const page = fileURLToPath(new URL("page", import.meta.resolve("@mini-openclaw/web-chat")));

// One package without dependencies: it installs in a moment, and it starts without a search for
// files.
export default defineConfig({
  ...base,
  entry: {
    main: "src/main.ts",
    "session-store": fileURLToPath(new URL("cli.js", `file://${store}`)),
    // For the benchmarks' gateway.
    "compile-early": "src/compile-early.ts",
  },
  noExternal: [/./],
  splitting: true,
  sourcemap: false,
  esbuildPlugins: [namedExports, writeLicenses("dist/THIRD-PARTY-LICENSES.txt")],
  // Bundled CommonJS packages load Node's own modules with `require`.
  banner: {
    js: 'import { createRequire as __createRequire } from "node:module";\nconst require = __createRequire(import.meta.url);',
  },
  async onSuccess() {
    cpSync(page, "dist/page", { recursive: true });
  },
});
