import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { expect, test } from "vitest";

const entry = fileURLToPath(new URL("../src/index.ts", import.meta.url));

test("has at most 8,000 bytes in a page, minified and gzipped, with its dependencies", async () => {
  const { outputFiles, metafile } = await build({
    entryPoints: [entry],
    conditions: ["@mini-openclaw/source"],
    ...{ bundle: true, minify: true, format: "esm", platform: "browser", target: "es2022" },
    ...{ write: false, metafile: true, outdir: "out", tsconfigRaw: {} },
  });
  const { length } = gzipSync(outputFiles[0]?.contents ?? "", { level: 9 });
  console.log(`@mini-openclaw/client: ${length} bytes, minified and gzipped`);

  expect(length).toBeLessThanOrEqual(8_000);
  expect(length).toBeGreaterThan(3_000);
  expect(Object.keys(metafile.inputs).filter((path) => path.includes("node_modules"))).toEqual([]);
});

test("has hooks of at most 1,000 bytes besides React and the client, minified and gzipped", async () => {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("../src/react.ts", import.meta.url))],
    external: ["react", "@mini-openclaw/protocol", "../client/client.ts"],
    ...{ bundle: true, minify: true, format: "esm", target: "es2022", write: false, tsconfigRaw: {} },
  });

  expect(gzipSync(outputFiles[0]?.contents ?? "", { level: 9 }).length).toBeLessThanOrEqual(1_000);
});
