type Input = Readonly<Record<string, unknown>>;

/**
 * Reads the beginning of a tool's input, while the model writes its JSON. A text that is not
 * complete has its beginning, and a field without a value is left out.
 */
export function readPartialInput(json: string): Input {
  const { closed, withoutLast } = closeJson(json);
  return parseObject(closed) ?? parseObject(withoutLast) ?? {};
}

/** Closes everything that is open, in the whole text and in the text before its last part. */
function closeJson(json: string): { closed: string; withoutLast: string } {
  const open: string[] = [];
  let isText = false;
  let lastPart = 0;
  for (let at = 0; at < json.length; at += 1) {
    const sign = json[at] ?? "";
    if (isText) {
      if (sign === "\\") at += 1;
      else if (sign === '"') isText = false;
    } else if (sign === '"') isText = true;
    else if (sign === "{") open.unshift("}");
    else if (sign === "[") open.unshift("]");
    else if (sign === "}" || sign === "]") open.shift();
    // Inputs are flat, so that the parts of the first level are enough.
    if (!isText && open.length === 1 && /[{,]/.test(sign)) lastPart = sign === "," ? at : at + 1;
  }
  const start = isText ? json.replace(UNFINISHED_ESCAPE, "$1") : json;
  return {
    closed: `${start}${isText ? '"' : ""}${open.join("")}`,
    withoutLast: `${json.slice(0, lastPart)}}`,
  };
}

/** An escape without its end, behind whole escapes of backslashes. */
const UNFINISHED_ESCAPE = /((?:^|[^\\])(?:\\\\)*)\\(?:u[\da-f]{0,3})?$/i;

function parseObject(json: string): Input | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Input)
      : undefined;
  } catch {
    // More of it arrives next.
    return undefined;
  }
}
