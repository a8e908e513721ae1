import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { type PageFile, toHtmlFile } from "./page-files.ts";

// Mermaid for browsers in one file. The package is an optional peer, because few apps need it.
const MERMAID = "@mermaid-js/tiny/dist/mermaid.tiny.js";

/**
 * The script of the frame. It draws each text that the page sends, and answers with the size of the
 * diagram or with the reason why there is none.
 */
const FRAME_SCRIPT = `
const root = document.getElementById("diagram");
let count = 0;
addEventListener("message", async ({ source, data }) => {
  if (source !== parent) return;
  document.documentElement.style.colorScheme = data.isDark ? "dark" : "light";
  try {
    mermaid.initialize({
      startOnLoad: false,
      securityLevel: "strict",
      suppressErrorRendering: true,
      theme: data.isDark ? "dark" : "default",
    });
    const { svg } = await mermaid.render("drawn" + ++count, data.text);
    root.innerHTML = svg;
    parent.postMessage({ height: root.getBoundingClientRect().height }, "*");
  } catch (error) {
    parent.postMessage({ error: String(error && error.message) }, "*");
  }
});
parent.postMessage({ isReady: true }, "*");
`;

const STYLE = "body{margin:0}#diagram{display:flow-root}svg{display:block;margin:auto}";

/** Returns the path of Mermaid's file; `undefined` if the package is not installed. */
export function findMermaid(): string | undefined {
  try {
    const path = createRequire(import.meta.url).resolve(MERMAID);
    return existsSync(path) ? path : undefined;
  } catch {
    // The package is not installed. The page shows diagrams as code.
    return undefined;
  }
}

/**
 * Reads the document of the frame that draws diagrams.
 *
 * Mermaid writes HTML and styles, so the frame has an origin of its own, loads nothing, and runs
 * these two scripts only.
 */
export function readDiagramPage(mermaid: string): PageFile {
  const scripts = [readFileSync(mermaid, "utf8"), FRAME_SCRIPT];
  if (scripts.some((script) => /<\/?script/i.test(script)))
    throw new Error(
      "Mermaid's file must not contain `<script`. Install another version of @mermaid-js/tiny.",
    );
  const hashes = scripts.map((script) => `'sha256-${createHash("sha256").update(script).digest("base64")}'`);
  const policy = [
    "default-src 'none'",
    `script-src ${hashes.join(" ")}`,
    "style-src 'unsafe-inline'",
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'self'",
    "sandbox allow-scripts",
  ];
  const html = [
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>Diagram</title>',
    `<style>${STYLE}</style><div id="diagram"></div>`,
    ...scripts.map((script) => `<script>${script}</script>`),
  ];
  return { ...toHtmlFile(html.join("")), headers: { "content-security-policy": policy.join("; ") } };
}
