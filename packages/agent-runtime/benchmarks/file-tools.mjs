// Measures `read_file` and `edit_file` on files of 1 MB, and `grep` over 100,000 files beside
// ripgrep alone. With the path of another checkout, its build is measured in turn with this one.
// Build the package first, then run
//   node packages/agent-runtime/benchmarks/file-tools.mjs [CHECKOUT] [--grep]
import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const own = fileURLToPath(new URL("../../..", import.meta.url));
const ROUNDS = 60;
const WARM_UP = 15;
const FILES = 100_000;
const { RG = "rg" } = process.env;

const args = process.argv.slice(2);
const [checkout] = args.filter((arg) => !arg.startsWith("--"));
const folder = await mkdtemp(join(tmpdir(), "file-tools-"));

async function toolsOf(root, workspace) {
  const entry = join(root, "packages/agent-runtime/dist/index.js");
  const { createBuiltinTools } = await import(pathToFileURL(entry).href);
  return new Map(createBuiltinTools(workspace).map((tool) => [tool.name, tool]));
}

function call(tools, name, input) {
  const { signal } = new AbortController();
  const context = { sessionId: "s", runId: "r", callId: "c", signal, progress() {}, async approve() {} };
  return tools.get(name).execute(input, context);
}

const median = (values) => values.toSorted((one, other) => one - other)[values.length >> 1];

/** Runs the works in turn, so that what else the machine does is shared by all of them. */
async function measure(works) {
  const times = new Map(Object.keys(works).map((name) => [name, { wall: [], cpu: [] }]));
  for (let round = 0; round < ROUNDS + WARM_UP; round += 1) {
    const inTurn = Object.entries(works);
    for (const [name, work] of round % 2 === 0 ? inTurn : inTurn.toReversed()) {
      const start = performance.now();
      const before = process.cpuUsage();
      const { success, error } = await work(round);
      if (!success) throw new Error(`${name}: ${error}`);
      const { user, system } = process.cpuUsage(before);
      if (round < WARM_UP) continue;
      times.get(name).wall.push(performance.now() - start);
      times.get(name).cpu.push((user + system) / 1000);
    }
  }
  return times;
}

function print(title, times) {
  const rows = [...times].map(([name, { wall, cpu }]) => ({ name, wall: median(wall), cpu: median(cpu) }));
  const base = rows.at(-1);
  for (const { name, wall, cpu } of rows) {
    const figures = `${wall.toFixed(2).padStart(8)} ms, CPU ${cpu.toFixed(2).padStart(8)} ms`;
    const ratio =
      rows.length > 1 ? `  × ${(wall / base.wall).toFixed(2)}, CPU × ${(cpu / base.cpu).toFixed(2)}` : "";
    console.log(`${title.padEnd(30)} ${name.padEnd(10)} ${figures}${ratio}`);
  }
}

async function measureFiles() {
  const line = (number) => `line ${number} of a file with a few words in it\n`;
  const text = Array.from({ length: 25_000 }, (_, index) => line(index)).join("");
  const files = {
    "a.txt": text,
    "crlf.txt": text.replaceAll("\n", "\r\n"),
    "chinese.txt": text.replaceAll("words", "词"),
  };
  const roots = { this: own, ...(checkout && { other: resolve(checkout) }) };
  const works = {};
  for (const [name, root] of Object.entries(roots)) {
    const workspace = join(folder, name);
    await mkdir(workspace);
    for (const [file, content] of Object.entries(files)) await writeFile(join(workspace, file), content);
    works[name] = await toolsOf(root, workspace);
  }
  const each = (work) =>
    Object.fromEntries(Object.entries(works).map(([name, tools]) => [name, (round) => work(tools, round)]));
  const read = { file_path: "a.txt", offset: 12_000, limit: 200 };
  print("read_file, 200 lines of 1 MB", await measure(each((tools) => call(tools, "read_file", read))));
  const words = ["line 20000 of", "LINE 20000 of"];
  const edit = (file_path) => (tools, round) =>
    call(tools, "edit_file", { file_path, old_text: words[round % 2], new_text: words[(round + 1) % 2] });
  print("edit_file in 1 MB", await measure(each(edit("a.txt"))));
  print("edit_file in 1 MB, CRLF", await measure(each(edit("crlf.txt"))));
  print("edit_file in 1 MB, Chinese", await measure(each(edit("chinese.txt"))));
}

async function measureGrep() {
  const workspace = join(folder, "many");
  for (let number = 0; number < FILES; number += 1) {
    const inner = join(workspace, String(number % 1000).padStart(3, "0"));
    if (number < 1000) await mkdir(inner, { recursive: true });
    const found = number % 10_000 === 0 ? "needle\n" : "";
    await writeFile(join(inner, `${number}.txt`), `some text\n${found}`.repeat(3));
  }
  const tools = await toolsOf(own, workspace);
  const grep = [];
  const rg = [];
  for (let round = 0; round < 6; round += 1) {
    let start = performance.now();
    const { output } = await call(tools, "grep", { pattern: "needle" });
    if (!output.includes("needle")) throw new Error(output);
    grep.push(performance.now() - start);
    start = performance.now();
    spawnSync(RG, ["--line-number", "needle", "."], { cwd: workspace });
    rg.push(performance.now() - start);
  }
  const [ours, theirs] = [grep, rg].map((times) => Math.min(...times));
  console.log(
    `grep over ${FILES} files: ${ours.toFixed(0)} ms, rg ${theirs.toFixed(0)} ms, × ${(ours / theirs).toFixed(2)}`,
  );
}

try {
  await measureFiles();
  if (args.includes("--grep")) await measureGrep();
} finally {
  await rm(folder, { recursive: true });
}
