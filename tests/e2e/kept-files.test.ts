import { execFile } from "node:child_process";
import { existsSync, lstatSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "./server.ts";

const main = fileURLToPath(new URL("../../examples/mini-openclaw/dist/main.js", import.meta.url));

/** Runs a command line in a folder that is also the user's home. */
function run(cwd: string, ...args: string[]): Promise<{ code: number; err: string }> {
  const options = { cwd, env: { PATH: process.env["PATH"] ?? "", HOME: cwd } };
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], options, (error, _, err) => {
      resolve({ code: error ? Number(error.code) : 0, err });
    });
  });
}

function configIn(home: string): string {
  const folder = join(home, ".config", "mini-openclaw");
  mkdirSync(folder, { recursive: true });
  return join(folder, "config.json");
}

describe("a file that a command changes", () => {
  test("stays a link to the user's own file", async () => {
    await using folder = await temporaryDirectory();
    const own = join(folder.path, "dotfiles.json");
    writeFileSync(own, '{ "effort": "high" }');
    const config = configIn(folder.path);
    symlinkSync(own, config);

    expect((await run(folder.path, "config", "set", "port", "8080")).code).toBe(0);

    expect(lstatSync(config).isSymbolicLink()).toBe(true);
    expect(JSON.parse(readFileSync(own, "utf8"))).toEqual({ effort: "high", port: 8080 });
  });

  test.each([
    ["[1, 2]", "an array"],
    ['"text"', '"text"'],
    ["null", "null"],
  ])("is left as it is if it holds %s instead of an object", async (text, got) => {
    await using folder = await temporaryDirectory();
    const files = [configIn(folder.path), join(folder.path, ".mcp.json")];
    for (const file of files) writeFileSync(file, text);

    const results = [
      await run(folder.path, "config", "set", "port", "1"),
      await run(folder.path, "mcp", "add", "files", "node", "--config", "other.json"),
    ];

    // The second one reads config.json first, as each command does.
    expect(results.map(({ code }) => code)).toEqual([78, 78]);
    expect(results[0]?.err).toBe(`${files[0]} must be a JSON object, got ${got}. Correct it first.\n`);
    expect(files.map((file) => readFileSync(file, "utf8"))).toEqual([text, text]);
  });

  test.each([
    ["null", "", "null"],
    ["[]", "", "an array"],
    ['{"mcpServers":["x"]}', "mcpServers in ", "an array"],
    ['{"mcpServers":5}', "mcpServers in ", "5"],
  ])("is left as it is if .mcp.json holds %s", async (text, what, got) => {
    await using folder = await temporaryDirectory();
    const file = join(folder.path, ".mcp.json");
    writeFileSync(file, text);

    const { code, err } = await run(folder.path, "mcp", "add", "files", "node");

    expect({ code, err }).toEqual({
      code: 78,
      err: `${what}${file} must be a JSON object, got ${got}. Correct it first.\n`,
    });
    expect(readFileSync(file, "utf8")).toBe(text);
    expect(existsSync(`${file}.new`)).toBe(false);
  });

  test("is named with a remedy if it cannot be used", async () => {
    await using folder = await temporaryDirectory();
    mkdirSync(join(folder.path, "MEMORY.md"));

    expect(await run(folder.path, "memory", "show")).toEqual({
      code: 1,
      err: "The memory cannot be read: MEMORY.md is a folder. Move or correct it.\n",
    });
  });
});
