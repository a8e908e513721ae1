// Begins another program where one README shows several.
const BOUNDARY = "<!-- another program -->";

/**
 * The TypeScript programs of a README. Its blocks are one program, in their order, up to a
 * boundary. Every other line is left empty, so that what stands in line 12 of the README stands in
 * line 12 of its program.
 */
export function programsOf(markdown: string): string[] {
  let isCode = false;
  const programs: string[][] = [[]];
  for (const [index, line] of markdown.split("\n").entries()) {
    const isFence = line.startsWith("```");
    if (isFence) isCode = line === "```ts";
    if (line === BOUNDARY) programs.push(Array.from({ length: index }, () => ""));
    programs.at(-1)?.push(isCode && !isFence ? line : "");
  }
  return programs.map((lines) => lines.join("\n")).filter((text) => text.trim() !== "");
}
