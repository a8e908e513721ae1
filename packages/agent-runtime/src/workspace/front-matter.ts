/** The fields between the two `---` lines at the start of a text; `fault` says what is wrong with them. */
export interface FrontMatter {
  fields: Record<string, unknown>;
  fault?: string;
}

/** Parses YAML: the `parse` of the package `yaml`. */
export type ParseYaml = (text: string, options: { logLevel: "error" }) => unknown;

/**
 * Reads front matter: YAML between a first line `---` and the next line that is `---`, wherever else dashes stand.
 *
 * Lenient: YAML that does not parse, such as `description: Use when: asked`, is read line by line as `key: rest`.
 */
export function parseFrontMatter(text: string, parseYaml: ParseYaml): FrontMatter {
  const match = /^---[ \t]*\r?\n([\s\S]*?)(?<=\n)---[ \t]*(?:\r?\n|$)/.exec(text.replace(/^\uFEFF/, ""));
  if (!match) return { fields: {}, fault: "it does not begin with front matter between two lines `---`" };
  const yaml = match[1] ?? "";
  try {
    const fields = parseYaml(yaml, { logLevel: "error" });
    if (typeof fields === "object" && fields !== null && !Array.isArray(fields)) {
      return { fields: fields as Record<string, unknown> };
    }
    return { fields: {}, fault: "its front matter is not a list of `key: value`" };
  } catch (error) {
    const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
    return { fields: readLines(yaml), fault: `its front matter is not valid YAML: ${reason}` };
  }
}

function readLines(yaml: string): Record<string, unknown> {
  const pairs = yaml.split(/\r?\n/).flatMap((line) => {
    const match = /^([A-Za-z][\w-]*):[ \t]+(.*\S)/.exec(line);
    return match ? [[match[1], match[2]]] : [];
  });
  return Object.fromEntries(pairs) as Record<string, unknown>;
}
