// `npm run exercise 30.3`: runs the tests of one exercise of the tutorial against your file.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const names = readdirSync(`${root}examples/exercises/tasks`).map((name) => name.replace(/\.ts$/, ""));
const [number = ""] = process.argv.slice(2);
const name = names.find((one) => one === number || one.startsWith(`${number}-`));
if (number === "" || name === undefined) {
  const list = names.map((one) => `  npm run exercise ${one.split("-")[0]}   ${one}`).join("\n");
  console.error(`${number && `There is no exercise ${number}. `}The exercises are:\n${list}`);
  process.exit(1);
}
console.log(`Edit examples/exercises/tasks/${name}.ts until its tests are green.\n`);
const args = ["scripts/pnpm.mjs", "exec", "vitest", "run", "--project", "examples/exercises"];
const { status } = spawnSync(process.execPath, [...args, `examples/exercises/test/${name}.test.ts`], {
  cwd: root,
  env: { ...process.env, EXERCISE: "1" },
  stdio: "inherit",
});
process.exit(status ?? 1);
