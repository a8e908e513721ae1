import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { type PageFile, toHtmlFile } from "./page-files.ts";

// The build writes Mermaid and the script of the frame into one file.
const SCRIPT = "diagram/diagram.js";

const STYLE = "body{margin:0}#diagram{display:flow-root}svg{display:block;margin:auto}";

/**
 * Reads the document of the frame that draws diagrams. Returns `undefined` if it is not built.
 *
 * Mermaid writes HTML and styles, so the frame has an origin of its own, loads nothing, and runs
 * this script only.
 */
export function readDiagramPage(directory: URL): PageFile | undefined {
  let script: string;
  try {
    script = readFileSync(new URL(SCRIPT, directory), "utf8");
  } catch {
    // Answered with 503, as the rest of a page that is not built.
    return undefined;
  }
  const policy = [
    "default-src 'none'",
    `script-src 'sha256-${createHash("sha256").update(script).digest("base64")}'`,
    "style-src 'unsafe-inline'",
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'self'",
    "sandbox allow-scripts",
  ];
  // esbuild writes no `</script` into a bundle.
  const html =
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>Diagram</title>' +
    `<style>${STYLE}</style><div id="diagram"></div><script type="module">${script}</script>`;
  return { ...toHtmlFile(html), headers: { "content-security-policy": policy.join("; ") } };
}
