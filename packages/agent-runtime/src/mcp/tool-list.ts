import { createHash } from "node:crypto";
import { isRecord } from "@mini-openclaw/protocol/shared";
import { cutMiddle } from "../shared/cut-text.ts";
import { type InputForm, readSchema } from "./tool-schema.ts";

/** A tool as a server lists it, judged by itself. */
export interface ListedTool {
  /** The server's name for it. */
  name: string;
  description: string;
  form: InputForm;
}

/** Characters of a description that models get, in each request. */
const MAX_DESCRIPTION_CHARS = 4000;

export interface ToolList {
  tools: readonly ListedTool[];
  /** Faults of tools that were left out, in words for people. */
  faults: readonly string[];
}

/** Reads the tools of `tools/list`, each by itself: one that is not usable costs no other. */
export function readTools(listed: unknown): ToolList {
  const tools: ListedTool[] = [];
  const faults: string[] = [];
  for (const one of Array.isArray(listed) ? listed : []) {
    const tool = isRecord(one) ? one : {};
    const { name, description, inputSchema, execution } = tool;
    if (typeof name !== "string" || name === "") {
      faults.push("A tool without a name was left out.");
    } else if (isRecord(execution) && execution["taskSupport"] === "required") {
      faults.push(`The tool ${name} was left out: it runs as a task only.`);
    } else {
      const form = readSchema(inputSchema);
      if ("fault" in form) {
        faults.push(`The tool ${name} was left out: ${form.fault}.`);
        continue;
      }
      const text = typeof description === "string" ? description : `The tool ${name} of an MCP server.`;
      tools.push({ name, description: cutMiddle(text, MAX_DESCRIPTION_CHARS), form });
    }
  }
  return { tools, faults };
}

/** The longest name that model servers allow. */
const MAX_NAME_CHARS = 64;

/**
 * Returns a name for each tool that model servers allow: `<server>__<tool>`. A name that had to be
 * changed so that it may mean another tool too ends with a hash.
 */
export function nameTools(server: string, names: readonly string[]): Map<string, string> {
  const plain = names.map((name) => `${server}__${name}`.replaceAll(/[^a-zA-Z0-9_-]/g, "_"));
  const byName = new Map<string, string>();
  for (const [index, name] of names.entries()) {
    const own = plain[index] ?? "";
    const isClear = own.length <= MAX_NAME_CHARS && plain.indexOf(own) === plain.lastIndexOf(own);
    const hash = createHash("sha256").update(`${server}\0${name}`).digest("hex").slice(0, 8);
    const key = isClear ? own : `${own.slice(0, MAX_NAME_CHARS - 9)}_${hash}`;
    // Of two tools with one name the server itself knows one only.
    if (!byName.has(key)) byName.set(key, name);
  }
  return byName;
}
