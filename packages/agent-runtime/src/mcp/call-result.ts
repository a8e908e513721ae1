import { isRecord } from "@mini-openclaw/protocol/shared";
import type { ToolResult } from "../tool-calls/define-tool.ts";

/**
 * Turns the result of `tools/call` into one for the model: text, and a line for each part that is
 * none.
 */
export function toToolResult(result: unknown): ToolResult {
  const { content, structuredContent, isError } = isRecord(result) ? result : {};
  const parts = Array.isArray(content) ? content.filter(isForModel) : [];
  const texts = parts.map(describePart).filter((text) => text !== "");
  const output =
    texts.length > 0 || structuredContent === undefined
      ? texts.join("\n")
      : JSON.stringify(structuredContent, undefined, 2);
  if (isError !== true) return { success: true, output };
  return {
    success: false,
    output,
    error: output === "" ? "The tool failed and gave no reason." : "[failed]",
  };
}

/** A part for the user alone is not for the model. */
function isForModel(part: unknown): boolean {
  const annotations = isRecord(part) ? part["annotations"] : undefined;
  const audience = isRecord(annotations) ? annotations["audience"] : undefined;
  return !Array.isArray(audience) || audience.length === 0 || audience.includes("assistant");
}

function describePart(part: unknown): string {
  if (!isRecord(part)) return "[a part of an unknown kind]";
  switch (part["type"]) {
    case "text":
      return textOf(part["text"]);
    case "image":
    case "audio":
      return `[${part["type"]}: ${textOf(part["mimeType"])}, ${bytesOf(part["data"])} bytes]`;
    case "resource":
      return describeResource(part["resource"]);
    case "resource_link":
      return `[resource: ${textOf(part["uri"])}${part["mimeType"] ? `, ${textOf(part["mimeType"])}` : ""}]`;
    default:
      return `[a part of the kind ${JSON.stringify(part["type"])}]`;
  }
}

function describeResource(resource: unknown): string {
  if (!isRecord(resource)) return "[a resource without content]";
  const { uri, mimeType, text, blob } = resource;
  if (typeof text === "string") return text;
  const type = mimeType ? `, ${textOf(mimeType)}` : "";
  return `[resource: ${textOf(uri)}${type}, ${bytesOf(blob)} bytes]`;
}

/** Returns the size of Base64 data. */
function bytesOf(data: unknown): number {
  return typeof data === "string" ? Math.floor((data.length * 3) / 4) : 0;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
