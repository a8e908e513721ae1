const escapes: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/**
 * Renders `**bold**`, lines that begin with `- `, and code between triple backticks. Everything
 * else is text: no HTML of the model becomes HTML of the page.
 */
export function toHtml(markdown: string): string {
  // First of all: what comes after only adds tags of our own.
  const text = markdown.replaceAll(/[&<>"]/g, (character) => escapes[character] ?? "");
  // Every second part is code.
  const parts = text.split("```");
  return parts.map((part, index) => (index % 2 === 1 ? toCode(part) : toProse(part))).join("");
}

function toCode(part: string): string {
  return `<pre><code>${part.replace(/^\w*\n/, "")}</code></pre>`;
}

function toProse(part: string): string {
  const lines = part.split("\n").map((line) => line.replaceAll(/\*\*([^*]+)\*\*/g, "<strong>$1</strong>"));
  return lines.map((line) => (line.startsWith("- ") ? `<li>${line.slice(2)}</li>` : line)).join("\n");
}
