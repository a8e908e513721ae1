// Builds the documentation site: all pages, the API of each package, a search, and llms.txt.
// `npm run docs:site` installs its tools first. The site is in `docs/site/dist`.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { readPages } from "./pages.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const root = join(here, "../..");
const content = join(here, "dist/content");
const tools = join(here, "node_modules");

/** @param {string} tool @param {string[]} args */
function run(tool, args) {
  const { status } = spawnSync(process.execPath, [tool, ...args], { cwd: root, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}

/** @param {string} path @param {string} text */
function write(path, text) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

rmSync(join(here, "dist"), { recursive: true, force: true });
const pages = readPages();
for (const { path, text } of pages) write(join(content, path), text);
cpSync(join(root, "docs/screenshots"), join(content, "public/screenshots"), { recursive: true });

run(join(tools, "typedoc/bin/typedoc"), [
  "--options",
  join(here, "typedoc.json"),
  "--out",
  join(content, "api"),
]);

const links = pages.map(({ path, title }) => `- [${title}](/${path.replace(/\.md$/, ".html")})`);
const about = "The agent gateway that lives inside your Node app. API reference: /api/";
write(join(content, "public/llms.txt"), `# Mini OpenClaw\n\n> ${about}\n\n${links.join("\n")}\n`);
const everything = pages.map(({ path, text }) => `<!-- ${path} -->\n\n${text}`).join("\n\n");
write(join(content, "public/llms-full.txt"), everything);

cpSync(join(here, "config.mjs"), join(content, ".vitepress/config.mjs"));
run(join(tools, "vitepress/bin/vitepress.js"), ["build", content]);
console.log(`The site is in ${join(content, ".vitepress/dist")}.`);
