import base from "../../tsup.config.base.ts";

// One build for browsers and for Node: it uses nothing that only one of them has.
export default {
  ...base,
  entry: ["src/index.ts", "src/react.ts"],
  platform: "neutral" as const,
  target: "es2022",
};
