import { link, mkdir, symlink, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import iconv from "iconv-lite";
import { afterEach, describe, expect, test, vi } from "vitest";
import { createBuiltinTools, type ToolContext } from "../../src/index.ts";
import { temporaryDirectory } from "../temporary-directory.ts";
import { callTool } from "./call-tool.ts";

async function workspaceWith(files: Readonly<Record<string, string>>) {
  const workspace = await temporaryDirectory(files);
  const tools = createBuiltinTools(workspace.path, { hidden: ["srv/data"] });
  return {
    path: workspace.path,
    async find(name: "grep" | "glob", input: Record<string, unknown>) {
      const tool = tools.find((one) => one.name === name);
      return (await callTool(tool, input)).output;
    },
    [Symbol.asyncDispose]: () => workspace[Symbol.asyncDispose](),
  };
}

const files = {
  ".gitignore": "build/\n*.log\n",
  ".github/ci.yml": "needle: 1\n",
  "a.ts": "one\nneedle two\nthree\nNEEDLE\n",
  "src/deep/b.tsx": "  needle(x)\r\nlast needle",
  "src/c.md": "no\n",
  "build/out.ts": "needle\n",
  "debug.log": "needle\n",
  "node_modules/x/index.js": "needle\n",
  ".git/config": "needle\n",
  ".mini-openclaw/sessions/a.jsonl": "needle\n",
  "srv/data/b.txt": "needle\n",
};

afterEach(() => void vi.unstubAllEnvs());

test("glob takes time in proportion to names and patterns that are made to take long", async () => {
  const name = "a".repeat(200);
  const folder = "a/".repeat(60);
  await using workspace = await workspaceWith({ [name]: "", [`${folder}b`]: "", "x.a.b.c": "" });
  expect(await workspace.find("glob", { pattern: `${"*a".repeat(60)}b` })).toBe("(no file matches)");
  expect(await workspace.find("glob", { pattern: `${"**/a/".repeat(30)}c` })).toBe("(no file matches)");
  expect(await workspace.find("glob", { pattern: `${"**/a/".repeat(30)}b` })).toBe(`${folder}b`);
  expect(await workspace.find("glob", { pattern: "*.a.*.?" })).toBe("x.a.b.c");
  expect(await workspace.find("glob", { pattern: "*.*.*.*" })).toBe("x.a.b.c");
  expect(await workspace.find("glob", { pattern: "*.*.*.!(d)" })).toBe(
    "The tool failed: The pattern must have at most 2 wildcards or a plainer form, got *.*.*.!(d).",
  );
});

test("grep of a large file lets other work run, and ends with its signal", async () => {
  await using workspace = await temporaryDirectory({ "large.txt": "an ordinary line\n".repeat(300_000) });
  const grep = createBuiltinTools(workspace.path).find(({ name }) => name === "grep");
  let turns = 0;
  let next = setImmediate(function count() {
    turns += 1;
    next = setImmediate(count);
  });
  const { signal } = new AbortController();
  const looks: number[] = [];
  vi.spyOn(signal, "throwIfAborted").mockImplementation(() => {
    if (looks.push(turns) === 3) throw new Error("stopped");
  });

  const input = { pattern: "(x+x+)+y", path: "large.txt" };
  await expect(grep?.execute(input, { signal } as ToolContext)).rejects.toThrow("stopped");

  clearImmediate(next);
  // A turn of the event loop is between any two of them.
  expect(new Set(looks).size).toBe(3);
});

test("rules of .gitignore that are made to take long are passed over", async () => {
  const folder = "a/".repeat(60);
  const rules = `${"**/a/".repeat(30)}c\r\n*.log\r\n`;
  await using workspace = await workspaceWith({ ".gitignore": rules, [`${folder}b`]: "", "a/x.log": "" });
  expect(await workspace.find("glob", { pattern: "[bx]*" })).toBe(`${folder}b`);
});

test.runIf(process.platform === "linux")("rules of .gitignore tell capitals from small letters", async () => {
  const contents = { ".gitignore": "makefile\nDebug/\n", Makefile: "", "debug/notes.md": "", "Debug/x": "" };
  await using workspace = await workspaceWith(contents);
  expect(await workspace.find("glob", { pattern: "**" })).toBe(".gitignore\nMakefile\ndebug/notes.md");
});

describe.each(["ripgrep", "no ripgrep"])("grep with %s", (kind) => {
  /** Without `rg`, the path is an empty folder's. */
  async function grep(given: Record<string, unknown>, workspace: Awaited<ReturnType<typeof workspaceWith>>) {
    if (kind === "no ripgrep") vi.stubEnv("PATH", ["/nowhere", "/nowhere/else"].join(delimiter));
    const output = await workspace.find("grep", given);
    vi.unstubAllEnvs();
    return output.split("\n").filter(Boolean);
  }

  test.each([
    [
      "lines with their paths and numbers, without what is ignored or hidden",
      { pattern: "needle" },
      [
        ".github/ci.yml:1: needle: 1",
        "a.ts:2: needle two",
        "src/deep/b.tsx:1:   needle(x)",
        "src/deep/b.tsx:2: last needle",
      ],
    ],
    [
      "lines of one folder",
      { pattern: "needle", path: "src" },
      ["deep/b.tsx:1:   needle(x)", "deep/b.tsx:2: last needle"],
    ],
    ["lines of one file", { pattern: "needle", path: "a.ts" }, ["a.ts:2: needle two"]],
    ["lines of files by their names", { pattern: "needle", glob: "*.{ts,md}" }, ["a.ts:2: needle two"]],
    [
      "lines of files by their paths",
      { pattern: "last", glob: "src/**/*.tsx" },
      ["src/deep/b.tsx:2: last needle"],
    ],
    ["ignored files not by a name either", { pattern: "needle", glob: "*.log" }, ["(no line matches)"]],
    [
      "lines in any case",
      { pattern: "^NEEDLE", glob: "a.ts", ignore_case: true },
      ["a.ts:2: needle two", "a.ts:4: NEEDLE"],
    ],
    [
      "lines around them",
      { pattern: "two|NEEDLE", path: ".", glob: "a.ts", context: 1 },
      ["a.ts-1- one", "a.ts:2: needle two", "a.ts-3- three", "a.ts:4: NEEDLE"],
    ],
    ["that nothing matches", { pattern: "nothing here" }, ["(no line matches)"]],
    ["a text that begins with a dash", { pattern: "-x|\\(x\\)" }, ["src/deep/b.tsx:1:   needle(x)"]],
  ])("returns %s", async (_, input, lines) => {
    await using workspace = await workspaceWith(files);
    expect(await grep(input, workspace)).toEqual(lines);
  });

  test("refuses a pattern that is none, and one that only backtracking could match", async () => {
    await using workspace = await workspaceWith(files);
    for (const pattern of ["(", "(?=x)y"]) {
      expect((await grep({ pattern }, workspace))[0]).toMatch(/^The tool failed: /);
    }
  });

  test("does not leave the workspace", async () => {
    await using outside = await temporaryDirectory({ "secret.txt": "needle\n" });
    await using workspace = await workspaceWith({});
    await symlink(outside.path, join(workspace.path, "link"));
    await symlink(join(outside.path, "secret.txt"), join(workspace.path, "link.txt"));
    expect(await grep({ pattern: "needle" }, workspace)).toEqual(["(no line matches)"]);
    for (const path of ["link", "link.txt", "..", "/etc"]) {
      expect((await grep({ pattern: "needle", path }, workspace))[0]).toContain("is outside the workspace");
    }
  });

  test("does not search what is hidden", async () => {
    await using workspace = await workspaceWith(files);
    for (const path of ["srv/data", ".mini-openclaw", "srv/data/b.txt"]) {
      expect((await grep({ pattern: "needle", path }, workspace))[0]).toContain("is the application's own");
    }
  });

  test("does not show a file that has a hidden name too", async () => {
    await using workspace = await workspaceWith({ "srv/data/b.txt": "needle\n", "a.txt": "needle\n" });
    await link(join(workspace.path, "srv/data/b.txt"), join(workspace.path, "hard.txt"));
    await link(join(workspace.path, "a.txt"), join(workspace.path, "b.txt"));
    expect(await grep({ pattern: "needle" }, workspace)).toEqual(["a.txt:1: needle", "b.txt:1: needle"]);
  });

  test("returns one line for each match, whatever its file is named", async () => {
    await using workspace = await workspaceWith({
      "a\nb.txt:1: needle": "needle\n",
      'a"\u202e.txt': "needle\n",
      "a\\b.txt": "needle\n",
    });
    expect(await grep({ pattern: "needle" }, workspace)).toEqual([
      String.raw`"a\u000ab.txt:1: needle":1: needle`,
      String.raw`"a\"\u202e.txt":1: needle`,
      String.raw`a\b.txt:1: needle`,
    ]);
  });

  test("does not show a hidden file whose name has a line end", async () => {
    await using workspace = await workspaceWith({
      "srv/data/a\nb.txt": "needle\n",
      "srv/data/a: binary file matches\nb.txt": "needle\n",
    });
    expect(await grep({ pattern: "needle" }, workspace)).toEqual(["(no line matches)"]);
  });

  test("returns whole lines that have other line ends in them", async () => {
    const lines = ["needle\u2028a", "needle\u0085b", "needle\rc", "needle\vd"];
    await using workspace = await workspaceWith({ "a.txt": lines.join("\n") });
    expect(await grep({ pattern: "needle" }, workspace)).toEqual(
      lines.map((line, index) => `a.txt:${index + 1}: ${line}`),
    );
  });

  test("returns the lines before the first byte that is no text, and those of the next file", async () => {
    await using workspace = await workspaceWith({
      "a.bin": `needle\n${"x\n".repeat(100_000)}\0\nneedle\n`,
      "b.txt": "needle\n",
    });
    expect(await grep({ pattern: "needle" }, workspace)).toContain("b.txt:1: needle");
  });

  test("refuses a pattern with a NUL character", async () => {
    await using workspace = await workspaceWith({ "a.txt": "a" });
    expect(await grep({ pattern: "a\0" }, workspace)).toEqual([
      "The tool failed: `pattern` must not hold a NUL character.",
    ]);
  });

  test("stops at 200 lines, and cuts long ones", async () => {
    await using workspace = await workspaceWith({
      "many.txt": "needle\n".repeat(300),
      "long/a.txt": `needle${"x".repeat(5000)}\n`,
    });
    const many = await grep({ pattern: "needle", glob: "many.txt" }, workspace);
    expect(many).toHaveLength(201);
    expect(many.at(-1)).toBe("[there are more; narrow the search]");
    const [long = ""] = await grep({ pattern: "needle", path: "long" }, workspace);
    expect(long.length).toBeLessThan(600);
  });
});

test("grep finds text in other encodings in one file", async () => {
  await using workspace = await workspaceWith({});
  await writeFile(join(workspace.path, "gbk.txt"), iconv.encode("你好，中国\n第二行\n", "gbk"));
  expect(await workspace.find("grep", { pattern: "第二", path: "gbk.txt" })).toBe("gbk.txt:2: 第二行\n");
});

describe("glob", () => {
  test.each([
    ["names in every folder", { pattern: "*.{ts,tsx}" }, ["a.ts", "src/deep/b.tsx"]],
    ["paths", { pattern: "src/**" }, ["src/c.md", "src/deep/b.tsx"]],
    ["paths in a folder", { pattern: "**/*.tsx", path: "src" }, ["deep/b.tsx"]],
    ["names with a dot", { pattern: "*.yml" }, [".github/ci.yml"]],
    ["nothing", { pattern: "*.py" }, ["(no file matches)"]],
    ["nothing that is hidden or ignored", { pattern: "*.{jsonl,log,txt}" }, ["(no file matches)"]],
  ])("finds %s", async (_, input, paths) => {
    await using workspace = await workspaceWith(files);
    expect((await workspace.find("glob", input)).split("\n")).toEqual(paths);
  });

  test("returns one line for each file, whatever it is named", async () => {
    await using workspace = await workspaceWith({ "a\nb.txt": "", "c.txt": "" });
    const lines = (await workspace.find("glob", { pattern: "*.txt" })).split("\n");
    expect(lines).toEqual([String.raw`"a\u000ab.txt"`, "c.txt"]);
  });

  test("stops at a thousand paths", async () => {
    await using workspace = await workspaceWith({});
    await mkdir(join(workspace.path, "a"));
    const names = Array.from({ length: 1001 }, (_, index) => join(workspace.path, "a", `${index}.txt`));
    await Promise.all(names.map((name) => writeFile(name, "")));
    const lines = (await workspace.find("glob", { pattern: "*.txt" })).split("\n");
    expect(lines).toHaveLength(1001);
    expect(lines.at(-1)).toBe("[there are more than 1000; narrow the pattern]");
  });
});
