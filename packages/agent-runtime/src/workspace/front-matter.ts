import { isRecord } from "@mini-openclaw/protocol/shared";

/**
 * The fields between the two `---` lines at the start of a text. `fault` names what is wrong with
 * them.
 */
export interface FrontMatter {
  fields: Record<string, unknown>;
  fault?: string;
}

/** Parses YAML: the `parse` of the package `yaml`. */
export type ParseYaml = (text: string, options: { logLevel: "error" }) => unknown;

/**
 * Reads front matter: YAML between a first line `---` and the next line that is `---`, wherever
 * else dashes stand.
 *
 * Lenient: if the whole is not YAML, each field is parsed by itself, and one that is not YAML
 * either, such as `description: Use when: asked`, is taken as text. A description is its text also
 * where YAML reads something else. Takes time in proportion to the text's length.
 */
export function parseFrontMatter(text: string, parseYaml: ParseYaml): FrontMatter {
  const lines = readBlock(text);
  if (!lines) return { fields: {}, fault: "it does not begin with front matter between two lines `---`" };
  try {
    const fields = parseYaml(toText(lines), { logLevel: "error" });
    if (isRecord(fields) && isPlain(fields, lines)) return { fields };
    const own = readFields(lines, parseYaml);
    if (!isRecord(fields)) return { fields: own, fault: "its front matter is not a list of `key: value`" };
    const isText = typeof own["description"] === "string" && fields["description"] !== null;
    return { fields: { ...own, ...fields, ...(isText && { description: own["description"] }) } };
  } catch (error) {
    const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
    return { fields: readFields(lines, parseYaml), fault: `its front matter is not valid YAML: ${reason}` };
  }
}

/** Returns true for a description that YAML reads as it is written, as nearly every one is. */
function isPlain({ description }: Record<string, unknown>, lines: readonly string[]): boolean {
  const line = lines.find((one) => one.startsWith("description:"));
  return typeof description === "string" && line !== undefined && !/: *[!&]| #/.test(line);
}

function toText(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}

/**
 * Returns the lines between the first line `---` and the next, or `undefined` if there are no such
 * two. Blank lines before them, and what all lines are indented by, are left out.
 */
function readBlock(text: string): string[] | undefined {
  const all = text.replace(/^\uFEFF/, "").split(/\r\n?|\n/);
  const isFence = (line: string) => line.startsWith("---") && line.trimEnd() === "---";
  const [first, ...lines] = all.slice(all.findIndex((line) => line.trim() !== ""));
  if (first === undefined || !isFence(first)) return undefined;
  const end = lines.findIndex(isFence);
  if (end === -1) return undefined;
  const block = lines.slice(0, end);
  // The mark of a document's end: what follows belongs to no field.
  const last = block.findIndex((line) => line.trimEnd() === "...");
  const fields = last === -1 ? block : block.slice(0, last);
  const indents = fields.flatMap((line) => (line.trim() === "" ? [] : [line.search(/[^ ]/)]));
  const indent = indents.reduce((least, one) => Math.min(least, one), Infinity);
  return fields.map((line) => line.slice(Math.min(indent, line.length)));
}

/** The start of a field. Chinese keyboards have a colon of their own. */
const fieldStart = /^([A-Za-z][\w-]*)(?::(?=\s|$)|：)/;

/** Reads each field by itself, under its key in lower case. */
function readFields(lines: readonly string[], parseYaml: ParseYaml): Record<string, unknown> {
  const starts = lines.flatMap((line, index) => (fieldStart.test(line) ? [index] : []));
  const pairs = starts.map((start, index) => {
    const own = lines.slice(start, starts[index + 1]);
    const [mark = "", key = ""] = fieldStart.exec(own[0] ?? "") ?? [];
    const text = () => readText((own[0] ?? "").slice(mark.length), own.slice(1));
    const value = readField(key, own, parseYaml);
    return [key.toLowerCase(), /^description$/i.test(key) ? toDescription(value, text()) : (value ?? text())];
  });
  return Object.fromEntries(pairs) as Record<string, unknown>;
}

/** Returns the value that YAML reads, or `undefined` if the lines are not YAML. */
function readField(key: string, lines: readonly string[], parseYaml: ParseYaml): unknown {
  try {
    const field = parseYaml(toText(lines), { logLevel: "error" });
    return isRecord(field) ? (field[key] ?? undefined) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Returns what YAML reads, unless it is no text, or lacks words: `!` and `&` hide one, ` #` the
 * rest.
 */
function toDescription(value: unknown, text: string): string {
  if (Array.isArray(value)) return value.join(" ");
  const [word] = / #[^ #]\S*/.exec(text) ?? [];
  const lacksRest = word !== undefined && !/^["']/.test(text) && !String(value).includes(word);
  return typeof value === "string" && !lacksRest && !/^[!&]/.test(text) ? value : text;
}

/** Folds a value's lines into one text. A blank line between two stays a line end. */
function readText(first: string, rest: readonly string[]): string {
  const isBlock = /^[ \t]*[|>][-+0-9]*[ \t]*$/.test(first);
  const lines = [isBlock ? "" : first, ...rest].map((line) => line.trim());
  const texts = isBlock ? lines : lines.filter((line) => !line.startsWith("#"));
  return unquote(
    texts
      .join("\n")
      .trim()
      .replaceAll(/\n+/g, (ends) => (ends.length > 1 ? "\n" : " ")),
  );
}

function unquote(text: string): string {
  const quote = text[0];
  if ((quote !== '"' && quote !== "'") || text.length < 2 || !text.endsWith(quote)) return text;
  return text.slice(1, -1);
}
