import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { programsOf } from "./programs-of.ts";

const here = fileURLToPath(new URL(".", import.meta.url));
const tsc = fileURLToPath(new URL("../../node_modules/@typescript/native/bin/tsc", import.meta.url));

const options = {
  extends: "../../../tsconfig.base.json",
  compilerOptions: {
    lib: ["es2023", "esnext.disposable", "dom", "dom.iterable"],
    // Readers write `process.env.API_KEY`.
    noPropertyAccessFromIndexSignature: false,
  },
  include: ["*.ts", "../given/*.d.ts"],
};

/** Returns the compiler's complaints about the programs of READMEs, as `name:line: message`. */
export async function typeCheck(readmes: ReadonlyMap<string, string>): Promise<string[]> {
  // In this folder, because imports are resolved from the folder of a file.
  const folder = await mkdtemp(join(here, "programs-"));
  try {
    const names: string[] = [];
    for (const [name, markdown] of readmes) {
      for (const program of programsOf(markdown)) {
        await writeFile(join(folder, `${names.length}.ts`), `${program}\nexport {};\n`);
        names.push(name);
      }
    }
    await writeFile(join(folder, "tsconfig.json"), JSON.stringify(options));
    const compiler = spawn(process.execPath, [tsc, "-p", ".", "--pretty", "false"], { cwd: folder });
    const [output, problem, [code]] = await Promise.all([
      text(compiler.stdout),
      text(compiler.stderr),
      once(compiler, "exit"),
    ]);
    if (code !== 0 && output === "") throw new Error(`The compiler did not run: ${problem}.`);
    return output
      .replace(/^(\d+)\.ts\((\d+),\d+\)/gm, (_, index, line) => `${names[index]}:${line}`)
      .split("\n")
      .filter((line) => line !== "");
  } finally {
    await rm(folder, { recursive: true });
  }
}
