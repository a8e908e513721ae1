import { defineConfig } from "tsup";
import base from "../../tsup.config.base.ts";

export default defineConfig({
  ...base,
  entry: [
    "src/index.ts",
    "src/anthropic.ts",
    "src/openai.ts",
    "src/opentelemetry.ts",
    "src/mcp.ts",
    "src/testing.ts",
  ],
});
