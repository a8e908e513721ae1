import { isRecord, type JsonRecord } from "../convert/json.ts";

/** Reasons nested deeper than this are not looked for. */
const MAX_DEPTH = 6;

/** The reason stands at the beginning of an error page. */
const MAX_HTML_CHARS = 16_384;

/** The names under which servers put the text of an error, the most telling first. */
const textFields = [
  "message",
  "msg",
  "detail",
  "error_description",
  "error_msg",
  "errorMessage",
  "explanation",
  "faultstring",
  "status_msg",
  "reason",
  "title",
];
const nestedFields = [
  "error",
  "errors",
  "detail",
  "details",
  "errorResponse",
  "response",
  "fault",
  "base_resp",
];

/**
 * Returns true for an event of a stream that is an error and no part of an answer, in whatever form
 * its server wrote it: with `error` or another name that begins so (ollama/ollama#11781), with the
 * fields of an error alone, or with a status of MiniMax (edenai/edenai-apis#360).
 */
export function isErrorEvent(event: JsonRecord): boolean {
  const { object, type, code, status, message, msg, detail, fault, base_resp: ofMiniMax } = event;
  const isPart = Array.isArray(event["choices"]) && event["choices"].length > 0;
  const hasName = Object.entries(event).some(
    ([name, value]) => name.startsWith("error") && isAny(value) && !(isPart && isSuccess(value)),
  );
  if (hasName || object === "error" || type === "error") return true;
  if ([event["choices"], event["usage"]].some((one) => one !== undefined && one !== null)) return false;
  if (isRecord(ofMiniMax) && ofMiniMax["status_code"] !== 0) return true;
  if (textIn(detail ?? fault) !== undefined) return true;
  return (code ?? status) !== undefined && [message, msg].some((text) => typeof text === "string");
}

function isAny(value: unknown): boolean {
  if (isRecord(value)) return Object.values(value).some(Boolean);
  return Array.isArray(value) ? value.length > 0 : Boolean(value);
}

/** Some servers send the code 0 with each part of an answer. */
function isSuccess(value: unknown): boolean {
  return isRecord(value) && Number(value["code"] ?? Number.NaN) === 0;
}

/** Returns the text of an error body in whatever form a server sent it, or the body itself. */
export function reasonIn(body: string): string {
  const parsed = parse(body);
  if (parsed !== undefined) return textIn(parsed, 0) ?? body;
  return /<\/?[a-z!][^>]*>/i.test(body) ? textOfHtml(body) : body;
}

/** Returns the text of an error in a value of JSON. */
export function textIn(value: unknown, depth = 0): string | undefined {
  if (typeof value === "string") return value.trim() === "" ? undefined : value;
  if (typeof value !== "object" || value === null || depth > MAX_DEPTH) return undefined;
  if (Array.isArray(value)) {
    const texts = value.slice(0, 3).flatMap((one) => textIn(one, depth + 1) ?? []);
    return texts.length > 0 ? texts.join("; ") : undefined;
  }
  const fields = value as Record<string, unknown>;
  for (const name of nestedFields) {
    if (typeof fields[name] !== "object") continue;
    const text = textIn(fields[name], depth + 1);
    if (text) return text;
  }
  const own = textFields
    .map((name) => fields[name])
    .find((one) => typeof one === "string" && one.trim() !== "");
  const text = typeof own === "string" ? own : (textIn(fields["error"], depth + 1) ?? namedIn(fields));
  if (text === undefined) return typeof fields["type"] === "string" ? fields["type"] : undefined;
  return [text, whereOf(fields), rawOf(fields, depth)].filter(Boolean).join(": ");
}

/** Returns an error whose name is a part of its text, as Ollama sends it in a stream. */
function namedIn(fields: Record<string, unknown>): string | undefined {
  const [name, text] = Object.entries(fields).find(([one]) => one.startsWith("error ")) ?? [];
  return typeof text === "string" ? `${name}: ${text}` : undefined;
}

/** Returns the field that a validation error names. */
function whereOf({ loc, param }: Record<string, unknown>): string | undefined {
  if (Array.isArray(loc)) return loc.join(".");
  return typeof param === "string" && param !== "" ? param : undefined;
}

/** Returns the upstream server's own words, which routers put beside theirs. */
function rawOf({ metadata }: Record<string, unknown>, depth: number): string | undefined {
  if (typeof metadata !== "object" || metadata === null || !("raw" in metadata)) return undefined;
  const { raw } = metadata;
  return typeof raw === "string" ? textIn(parse(raw) ?? raw, depth + 1) : textIn(raw, depth + 1);
}

function textOfHtml(html: string): string {
  return html
    .slice(0, MAX_HTML_CHARS)
    .replace(/<(style|script)\b[^<>]*>.*?<\/\1>/gis, " ")
    .replace(/<[^<>]*>/g, " ")
    .replace(/\s+/g, " ")
    .trim();
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
