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
 * either, such as `description: Use when: asked`, is taken as text. Takes time in proportion to the
 * text's length.
 */
export function parseFrontMatter(text: string, parseYaml: ParseYaml): FrontMatter {
  const lines = readBlock(text);
  if (!lines) return { fields: {}, fault: "it does not begin with front matter between two lines `---`" };
  try {
    const fields = parseYaml(toText(lines), { logLevel: "error" });
    if (!isRecord(fields)) return { fields: {}, fault: "its front matter is not a list of `key: value`" };
    // `Use when: asked` on a line of its own is YAML, but no description.
    if (!isRecord(fields["description"])) return { fields };
    return { fields: { ...fields, description: readFields(lines, parseYaml)["description"] } };
  } catch (error) {
    const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
    return { fields: readFields(lines, parseYaml), fault: `its front matter is not valid YAML: ${reason}` };
  }
}

function toText(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}

/**
 * Returns the lines between the first line `---` and the next, or `undefined` if there are no such
 * two.
 */
function readBlock(text: string): string[] | undefined {
  const [first, ...lines] = text.replace(/^\uFEFF/, "").split("\n");
  const isFence = (line: string) => line.startsWith("---") && line.trimEnd() === "---";
  if (first === undefined || !isFence(first)) return undefined;
  const end = lines.findIndex(isFence);
  if (end === -1) return undefined;
  const block = lines.slice(0, end).map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line));
  // The mark of a document's end: what follows belongs to no field.
  const last = block.findIndex((line) => line.trimEnd() === "...");
  return last === -1 ? block : block.slice(0, last);
}

/** Reads each field by itself. */
function readFields(lines: readonly string[], parseYaml: ParseYaml): Record<string, unknown> {
  const starts = lines.flatMap((line, index) => (/^[A-Za-z][\w-]*:(?=[ \t]|$)/.test(line) ? [index] : []));
  const pairs = starts.map((start, index) => {
    const own = lines.slice(start, starts[index + 1]);
    const key = (own[0] ?? "").slice(0, (own[0] ?? "").indexOf(":"));
    return [key, readField(key, own, parseYaml)];
  });
  return Object.fromEntries(pairs) as Record<string, unknown>;
}

function readField(key: string, lines: readonly string[], parseYaml: ParseYaml): unknown {
  try {
    const field = parseYaml(toText(lines), { logLevel: "error" });
    const value = isRecord(field) ? field[key] : undefined;
    if (value !== undefined && value !== null && !(key === "description" && isRecord(value))) return value;
  } catch {
    // Not YAML: its text counts.
  }
  return readText((lines[0] ?? "").slice(key.length + 1), lines.slice(1));
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
