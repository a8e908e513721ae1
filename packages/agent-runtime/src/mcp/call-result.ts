import type { FileBlock } from "@mini-openclaw/protocol";
import { checkFile, isRecord, MAX_FILE_BYTES } from "@mini-openclaw/protocol/shared";
import type { ToolResult } from "../tool-calls/define-tool.ts";

/**
 * Turns the result of `tools/call` into one for the model: text, images and PDFs, and a line for
 * each other part.
 */
export function toToolResult(result: unknown): ToolResult {
  const { content, structuredContent = othersIn(result), isError } = isRecord(result) ? result : {};
  const parts = partsOf(content).filter(isForModel);
  const files = parts.flatMap((part) => toFile(part) ?? []);
  const texts = parts
    .flatMap((part) => (toFile(part) ? [] : describePart(part)))
    .filter((text) => text !== "");
  const output =
    texts.length > 0 || files.length > 0 || structuredContent === undefined
      ? texts.join("\n")
      : JSON.stringify(structuredContent, undefined, 2);
  const shown = { output, ...(files.length > 0 && { files }) };
  if (isError !== true) return { success: true, ...shown };
  return {
    success: false,
    ...shown,
    error: output === "" ? "The tool failed and gave no reason." : "[failed]",
  };
}

/** Returns a report of progress as a line. */
export function describeProgress(progress: {
  progress: number;
  total?: number | undefined;
  message?: string | undefined;
}) {
  const { progress: done, total, message } = progress;
  return `${message ?? ""}[${done}${total === undefined ? "" : ` of ${total}`}]\n`;
}

/** Returns the parts of a content. Some servers send one alone, or its text. */
function partsOf(content: unknown): unknown[] {
  if (Array.isArray(content)) return content;
  if (isRecord(content)) return [content];
  return typeof content === "string" ? [{ type: "text", text: content }] : [];
}

/** Returns a result that has no content, but fields of its server's own. */
function othersIn(result: unknown): unknown {
  if (!isRecord(result)) return result ?? undefined;
  if ("content" in result) return undefined;
  const { _meta, isError: _isError, ...others } = result;
  return Object.keys(others).length > 0 ? others : undefined;
}

/** A part for the user alone is not for the model. */
function isForModel(part: unknown): boolean {
  const annotations = isRecord(part) ? part["annotations"] : undefined;
  const audience = isRecord(annotations) ? annotations["audience"] : undefined;
  return !Array.isArray(audience) || audience.length === 0 || audience.includes("assistant");
}

/** Returns an image or a PDF, which models can see. */
function toFile(part: unknown): FileBlock | undefined {
  if (!isRecord(part)) return undefined;
  const { type, resource } = part;
  const { mimeType, data: given } =
    type === "resource" && isRecord(resource)
      ? { mimeType: resource["mimeType"], data: resource["blob"] }
      : { mimeType: part["mimeType"], data: type === "image" ? part["data"] : undefined };
  if (typeof given !== "string" || typeof mimeType !== "string") return undefined;
  // Some servers send a data URL, or break the lines of Base64.
  const data = given.replace(/^data:[^,]{0,100};base64,/, "").replaceAll(/\s+/g, "");
  const kind = mimeType === "application/pdf" ? "document" : "image";
  const field = "content";
  const isGood =
    checkFile({ type: kind, mediaType: mimeType, data }, { field, maxBytes: MAX_FILE_BYTES }) === undefined;
  return isGood ? { type: kind, mediaType: mimeType, data } : undefined;
}

function describePart(part: unknown): string {
  if (!isRecord(part)) return "[a part of an unknown kind]";
  switch (part["type"]) {
    case "text":
      return typeof part["text"] === "string" ? part["text"] : (JSON.stringify(part["text"]) ?? "");
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
