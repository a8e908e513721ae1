// The pages of the site, and the links between them.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const repository = "https://github.com/mini-openclaw/mini-openclaw/blob/main";

/**
 * A page: its file in the repository, its path on the site, and its text.
 * @typedef {{ file: string, path: string, title: string, text: string }} Page
 */

/** The pages at the top of the repository, with their paths on the site. */
const topPages = {
  "README.md": "index.md",
  "README.zh-CN.md": "zh/index.md",
  "PROTOCOL.md": "protocol.md",
  "ARCHITECTURE.md": "architecture.md",
  "CONTRIBUTING.md": "contributing.md",
  "SECURITY.md": "security.md",
};

/** Returns all pages, with the links of their texts as the site needs them. @returns {Page[]} */
export function readPages() {
  const paths = pathsOfSite();
  return [...paths].map(([file, path]) => {
    const source = readFileSync(join(root, file), "utf8");
    const title = /^# (.*)$/m.exec(source)?.[1] ?? path;
    return { file, path, title, text: rewriteLinks(source, file, paths) };
  });
}

/**
 * Returns the links of all Markdown files that lead nowhere, such as `README.md: docs/none.md` and
 * `README.md: #none`.
 *
 * @param {string} [folder] by default the repository
 */
export function deadLinks(folder = root) {
  return markdownIn(".", folder).flatMap((file) =>
    linksIn(readFileSync(join(folder, file), "utf8"))
      .filter((link) => !/^(https?:|mailto:)/.test(link) && !leadsSomewhere(link, file, folder))
      .map((link) => `${file}: ${link}`),
  );
}

/** @param {string} link @param {string} file @param {string} folder */
function leadsSomewhere(link, file, folder) {
  const [, anchor] = link.split("#");
  const target = join(folder, link.startsWith("#") ? file : targetOf(link, file));
  if (anchor === undefined || !target.endsWith(".md") || !existsSync(target)) return existsSync(target);
  return anchorsIn(readFileSync(target, "utf8")).includes(decodeURIComponent(anchor));
}

/** Returns the anchors of a file's headings, as GitHub names them. @param {string} text */
function anchorsIn(text) {
  const headings = text.replaceAll(/```[\s\S]*?```/g, "").matchAll(/^#{1,6} (.*)$/gm);
  const anchors = Array.from(headings, ([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{M}\p{N}_ -]/gu, "")
      .replaceAll(" ", "-"),
  );
  // A repeated heading gets a number.
  return anchors.map((anchor, index) => {
    const earlier = anchors.slice(0, index).filter((other) => other === anchor).length;
    return earlier === 0 ? anchor : `${anchor}-${earlier}`;
  });
}

/** Returns the site's path of each file. @returns {Map<string, string>} */
function pathsOfSite() {
  const paths = new Map(Object.entries(topPages).filter(([file]) => existsSync(join(root, file))));
  for (const file of markdownIn("docs")) {
    const path = file.slice("docs/".length).replace(/README\.md$/, "index.md");
    // Chinese pages are below one folder, so that the search of each language is its own.
    paths.set(file, path.replace(/^(\w+)\/zh\//, "zh/$1/"));
  }
  for (const folder of ["packages", "examples"])
    for (const name of readdirSync(join(root, folder))) {
      const file = `${folder}/${name}/README.md`;
      if (existsSync(join(root, file))) paths.set(file, `${folder}/${name}.md`);
    }
  return paths;
}

/** @param {string} folder @param {string} base @returns {string[]} */
function markdownIn(folder, base = root) {
  return readdirSync(join(base, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = posix.join(folder, entry.name);
    if (entry.isDirectory())
      return /^(\..*|node_modules|dist)$/.test(entry.name) || path === "docs/site"
        ? []
        : markdownIn(path, base);
    return entry.name.endsWith(".md") ? [path] : [];
  });
}

const LINK = /(?<=\]\()[^)\s]+(?=\))|(?<=(?:src|srcset|href)=")[^"\s]+(?=")/g;

/** @param {string} text @returns {string[]} */
function linksIn(text) {
  return text.replaceAll(/```[\s\S]*?```|`[^`\n]*`/g, "").match(LINK) ?? [];
}

/** Returns the file that a link leads to. @param {string} link @param {string} file */
function targetOf(link, file) {
  return posix.normalize(posix.join(dirname(file), link.split("#", 1)[0] ?? "")).replace(/\/$/, "");
}

/**
 * @param {string} text @param {string} file @param {Map<string, string>} paths
 */
function rewriteLinks(text, file, paths) {
  const from = dirname(paths.get(file) ?? "");
  // Code is left as it is.
  return text.replaceAll(new RegExp(`\`\`\`[\\s\\S]*?\`\`\`|\`[^\`\\n]*\`|${LINK.source}`, "g"), (link) => {
    if (link.startsWith("`") || /^(https?:|mailto:|#)/.test(link)) return link;
    const target = targetOf(link, file);
    const anchor = link.includes("#") ? `#${link.split("#")[1]}` : "";
    // The build copies the screenshots.
    if (target.startsWith("docs/screenshots/")) return target.slice("docs".length);
    const page = paths.get(target) ?? paths.get(`${target}/README.md`);
    if (page === undefined) return `${repository}/${target}${anchor}`;
    const path = relative(from, page);
    return `${path.startsWith(".") ? path : `./${path}`}${anchor}`;
  });
}
