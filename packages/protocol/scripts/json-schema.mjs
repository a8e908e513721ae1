#!/usr/bin/env node
// Writes schema.json from the valibot schemas, with the doc comments of the types. With `--check`,
// fails if it is out of date.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import ts from "typescript";

const FILE = fileURLToPath(new URL("../schema.json", import.meta.url));
const TYPES = fileURLToPath(new URL("../src/index.ts", import.meta.url));
const DEFINITIONS = fileURLToPath(new URL("definitions.ts", import.meta.url));

// Four commands that share one type.
const LIFECYCLE_COMMANDS = ["ArchiveCommand", "UnarchiveCommand", "DeleteCommand", "UndeleteCommand"];

/** @typedef {import("@valibot/to-json-schema").JsonSchema} JsonSchema */

const definitions = await loadDefinitions();
describeAll(definitions);
const schema = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  title: "The wire and the transcript of Mini OpenClaw",
  description:
    "A frame from a client is a ClientEvent. A frame from a gateway is a ServerEvent. A line of a transcript is a TranscriptLine. Readers ignore unknown types and fields.",
  $defs: definitions,
};
const text = `${JSON.stringify(schema, undefined, 2)}\n`;

if (!process.argv.includes("--check")) {
  writeFileSync(FILE, text);
} else if (!existsSync(FILE) || readFileSync(FILE, "utf8") !== text) {
  console.error("packages/protocol/schema.json is out of date: run `pnpm run docs:schema`");
  process.exit(1);
}

/** The sources are TypeScript, which the oldest Node that we support does not run. */
async function loadDefinitions() {
  const { outputFiles } = await build({
    entryPoints: [DEFINITIONS],
    bundle: true,
    write: false,
    format: "esm",
  });
  const code = Buffer.from(outputFiles[0]?.contents ?? "").toString("base64");
  const { createDefinitions } = await import(`data:text/javascript;base64,${code}`);
  return /** @type {Record<string, JsonSchema>} */ (createDefinitions());
}

/**
 * Adds the doc comments of the types to the definitions with the same names, and to their fields.
 *
 * @param {Record<string, JsonSchema>} definitions
 */
function describeAll(definitions) {
  const program = ts.createProgram([TYPES], {
    allowImportingTsExtensions: true,
    module: ts.ModuleKind.NodeNext,
    noEmit: true,
    strict: true,
    types: [],
  });
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(TYPES);
  const module = source && checker.getSymbolAtLocation(source);
  if (!module) throw new Error(`${TYPES} is not a module.`);
  const exported = new Map(checker.getExportsOfModule(module).map((symbol) => [symbol.name, symbol]));
  for (const [name, definition] of Object.entries(definitions)) {
    const alias = exported.get(LIFECYCLE_COMMANDS.includes(name) ? "LifecycleCommand" : name);
    if (!alias) continue;
    const symbol = alias.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(alias) : alias;
    describe(definition, symbol, checker);
    for (const field of checker.getDeclaredTypeOfSymbol(symbol).getProperties()) {
      const property = definition.properties?.[field.name];
      if (typeof property === "object") describe(property, field, checker);
    }
  }
}

/**
 * @param {JsonSchema} target
 * @param {ts.Symbol} symbol
 * @param {ts.TypeChecker} checker
 */
function describe(target, symbol, checker) {
  const comment = ts.displayPartsToString(symbol.getDocumentationComment(checker));
  const description = comment
    .replace(/\s*@default .*$/s, "")
    .replace(/\{@link (\w+)\}/g, "$1")
    .replaceAll(/\s+/g, " ");
  if (description !== "") target.description = description;
}
