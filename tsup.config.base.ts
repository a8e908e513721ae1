import { defineConfig } from "tsup";

/** What every package shares: ESM only, with maps; declarations come from `tsc`. */
export default defineConfig({
  entry: ["src/index.ts"],
  format: ["esm"],
  target: "node20.19",
  platform: "node",
  dts: false,
  sourcemap: true,
  clean: true,
});
