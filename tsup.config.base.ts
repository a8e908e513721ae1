import type { Options } from "tsup";

/** What every package shares: ESM only, with maps; declarations come from `tsc`. */
const base: Options = {
  entry: ["src/index.ts"],
  format: ["esm"],
  target: "node20.19",
  platform: "node",
  dts: false,
  sourcemap: true,
  clean: true,
};

export default base;
