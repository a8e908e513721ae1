import { defineConfig, type Options } from "tsup";
import base from "../../tsup.config.base.ts";
import { writeLicenses } from "../../tsup.licenses.ts";

type Plugin = NonNullable<Options["esbuildPlugins"]>[number];

/** Leaves out the finder of bare addresses. The page has one that knows Chinese marks. */
const withoutLinkify: Plugin = {
  name: "without-linkify",
  setup(build) {
    build.onResolve({ filter: /^linkify-it$/ }, ({ path }) => ({ path, namespace: "without-linkify" }));
    build.onLoad({ filter: /./, namespace: "without-linkify" }, () => ({
      contents: "export class LinkifyIt {}",
    }));
  },
};

const page = {
  outDir: "dist/page",
  format: ["esm"],
  platform: "browser",
  target: "es2022",
  tsconfig: "tsconfig.page.json",
  loader: { ".html": "copy" },
  noExternal: [/./],
  minify: true,
  dts: false,
  clean: false,
  esbuildPlugins: [withoutLinkify, writeLicenses("dist/page/THIRD-PARTY-LICENSES.txt")],
} satisfies Options;

// The handler for Node, and the page that it serves, with all that it needs bundled.
export default defineConfig([
  { ...base, clean: false },
  // Runs before anything is painted, as a classic script, which can import nothing.
  { ...page, entry: ["page/first-paint.ts"], splitting: false },
  // Highlights code beside the page's own thread.
  { ...page, entry: ["page/markdown/highlight-worker.ts"], splitting: false },
  // Draws diagrams, in a frame with an origin of its own.
  { ...page, outDir: "dist/page/diagram", entry: ["page/diagram/diagram.ts"], splitting: false },
  // The chat as an element for other pages. It shares no file with the page, which would load more.
  { ...page, entry: { element: "page/shell/element.ts" }, splitting: true },
  // The parts that few chats need are separate files, loaded on demand.
  { ...page, entry: ["page/page.ts", "page/page.css", "page/index.html"], splitting: true },
]);
