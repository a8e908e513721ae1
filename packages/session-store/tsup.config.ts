import { defineConfig } from "tsup";
import base from "../../tsup.config.base.ts";

export default defineConfig({
  ...base,
  entry: { index: "src/index.ts", kit: "src/kit.ts", testing: "src/testing.ts", cli: "src/cli/main.ts" },
});
