import { defineConfig } from "tsup";
import base from "../../tsup.config.base.ts";

// Two builds: the handler for Node, and the page that it serves, with all it needs bundled.
export default defineConfig([
  { ...base, clean: ["!page/**"] },
  {
    entry: ["page/first-paint.ts", "page/page.ts", "page/page.css", "page/index.html"],
    outDir: "dist/page",
    format: ["esm"],
    // Each script alone: the first one runs before anything is painted, as a classic script, which can import nothing.
    splitting: false,
    platform: "browser",
    target: "es2022",
    tsconfig: "tsconfig.page.json",
    loader: { ".html": "copy" },
    noExternal: [/./],
    minify: true,
    dts: false,
    clean: true,
  },
]);
