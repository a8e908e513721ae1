/**
 * Returns text for one line that people read: control and bidirectional characters as `\u…`, so
 * that they can hide nothing.
 */
export function cleanLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, (character) => {
    const code = (character.codePointAt(0) ?? 0).toString(16).padStart(4, "0");
    return `\\u${code}`;
  });
}

/**
 * Returns a path for a list with one path a line. A path with control or bidirectional characters
 * is a JSON string, so that it is one line, and can be used as it is.
 */
export function listedPath(path: string): string {
  const line = cleanLine(path);
  return line === path ? path : `"${cleanLine(path.replaceAll(/["\\]/g, "\\$&"))}"`;
}
