import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { settingKeys, settings } from "../src/settings/settings.ts";

const file = fileURLToPath(new URL("../config.schema.json", import.meta.url));

// After a change of the settings, `UPDATE_SCHEMA=1` in the environment writes the file.
test("config.schema.json describes every setting", () => {
  const properties = settingKeys.map((key) => {
    const { kind, about, fallback, env } = settings[key];
    return [key, { ...kind.schema, description: `${about} Default: ${fallback}. Variable: ${env}.` }];
  });
  const schema = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Settings of Mini OpenClaw",
    type: "object",
    additionalProperties: false,
    properties: { $schema: { type: "string" }, ...Object.fromEntries(properties) },
  };

  if (process.env["UPDATE_SCHEMA"]) writeFileSync(file, `${JSON.stringify(schema, undefined, 2)}\n`);

  expect(JSON.parse(readFileSync(file, "utf8"))).toEqual(schema);
});
