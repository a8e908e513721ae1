import { link, readFile, symlink } from "node:fs/promises";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";
import { createBuiltinTools } from "../../src/index.ts";
import { makeFifo } from "../make-fifo.ts";
import { temporaryDirectory } from "../temporary-directory.ts";
import { callTool } from "./call-tool.ts";

async function workspaceWith(files: Readonly<Record<string, string>> = {}) {
  const outside = await temporaryDirectory({ "secret.txt": "secret\n" });
  const workspace = await temporaryDirectory(files);
  const tools = createBuiltinTools(workspace.path);
  return {
    path: workspace.path,
    outside: outside.path,
    call: (name: string, input: Record<string, unknown>) =>
      callTool(
        tools.find((tool) => tool.name === name),
        input,
      ),
    read: (name: string) => readFile(join(workspace.path, name), "utf8"),
    async [Symbol.asyncDispose]() {
      await workspace[Symbol.asyncDispose]();
      await outside[Symbol.asyncDispose]();
    },
  };
}

describe("read_file", () => {
  const five = "one\ntwo\nthree\nfour\nfive\n";

  test.each([
    [
      "all lines with their numbers",
      five,
      {},
      "     1\tone\n     2\ttwo\n     3\tthree\n     4\tfour\n     5\tfive\n",
    ],
    ["lines from an offset on", five, { offset: 4 }, "     4\tfour\n     5\tfive\n"],
    [
      "at most `limit` lines, and where to go on",
      five,
      { offset: 2, limit: 2 },
      "     2\ttwo\n     3\tthree\n[the file goes on; read it from offset 4]",
    ],
    ["that an offset is beyond the end", five, { offset: 9 }, "(the file has only 5 lines)"],
    ["that a file is empty", "", {}, "(the file is empty)"],
    ["a last line without an end", "a\nb", {}, "     1\ta\n     2\tb\n"],
    [
      "Windows line ends as line ends",
      "a\r\nb\r\n",
      {},
      "     1\ta\n     2\tb\n[CRLF line ends; edits keep this]",
    ],
    ["empty lines", "\n\na\n", {}, "     1\t\n     2\t\n     3\ta\n"],
  ])("gives %s", async (_, content, input, output) => {
    await using workspace = await workspaceWith({ "a.txt": content });
    expect(await workspace.call("read_file", { file_path: "a.txt", ...input })).toEqual({
      output,
      isError: false,
    });
  });

  test("returns 2,000 lines by default", async () => {
    await using workspace = await workspaceWith({ "a.txt": "x\n".repeat(2001) });
    const { output } = await workspace.call("read_file", { file_path: "a.txt" });
    expect(output.split("\n").slice(-2)).toEqual([
      "  2000\tx",
      "[the file goes on; read it from offset 2001]",
    ]);
  });

  test("cuts long lines, and stops before the output is too long", async () => {
    await using workspace = await workspaceWith({ "a.txt": `${"x".repeat(100_000)}\n`.repeat(100) });
    const { output } = await workspace.call("read_file", { file_path: "a.txt" });
    const lines = output.split("\n");
    expect(lines[0]).toBe(`     1\t${"x".repeat(2000)} [line cut]`);
    expect(lines.at(-1)).toBe("[the file goes on; read it from offset 21]");
  });

  test("keeps characters whole that lie across its reads", async () => {
    const text = `${"x".repeat(65_535)}\n`.slice(1) + "你好\n";
    await using workspace = await workspaceWith({ "a.txt": text });
    const { output } = await workspace.call("read_file", { file_path: "a.txt", offset: 2 });
    expect(output).toBe("     2\t你好\n");
  });
});

describe("write_file", () => {
  test("makes the file and its folders", async () => {
    await using workspace = await workspaceWith();
    const result = await workspace.call("write_file", { file_path: "a/b/c.txt", content: "hé\n" });
    expect(result).toEqual({ output: "Wrote 4 bytes to a/b/c.txt.", isError: false });
    expect(await workspace.read("a/b/c.txt")).toBe("hé\n");
  });

  test("replaces all that a longer file held", async () => {
    await using workspace = await workspaceWith({ "a.txt": "a long text" });
    await workspace.call("write_file", { file_path: "a.txt", content: "b" });
    expect(await workspace.read("a.txt")).toBe("b");
  });

  test.each([
    ["a link that stays inside", "link.txt", "folder/real.txt"],
    ["an absolute link that stays inside", "absolute.txt", "folder/real.txt"],
    ["a link upwards that stays inside", "folder/up/folder/real.txt", "folder/real.txt"],
    ["a link to a file that is not there yet", "future.txt", "folder/new.txt"],
    ["a path that goes up and down again inside", "folder/../folder/./real.txt", "folder/real.txt"],
  ])("follows %s", async (_, file_path, real) => {
    await using workspace = await workspaceWith({ "folder/real.txt": "a" });
    await symlink("folder/real.txt", join(workspace.path, "link.txt"));
    await symlink(join(workspace.path, "folder/real.txt"), join(workspace.path, "absolute.txt"));
    await symlink("..", join(workspace.path, "folder/up"));
    await symlink("folder/new.txt", join(workspace.path, "future.txt"));
    expect(await workspace.call("write_file", { file_path, content: "b" })).toMatchObject({ isError: false });
    expect(await workspace.read(real)).toBe("b");
  });

  test("takes an absolute path of the workspace", async () => {
    await using workspace = await workspaceWith();
    await workspace.call("write_file", { file_path: join(workspace.path, "a/b.txt"), content: "b" });
    expect(await workspace.read("a/b.txt")).toBe("b");
  });
});

describe("edit_file", () => {
  const edit = { file_path: "a.txt", old_text: "b", new_text: "$&B" };

  test.each([
    ["the one place", "a b c", edit, "Replaced 1 place in a.txt.", "a $&B c"],
    [
      "every place when asked to",
      "b b",
      { ...edit, replace_all: true },
      "Replaced 2 places in a.txt.",
      "$&B $&B",
    ],
  ])("replaces %s", async (_, content, input, output, after) => {
    await using workspace = await workspaceWith({ "a.txt": content });
    expect(await workspace.call("edit_file", input)).toEqual({ output, isError: false });
    expect(await workspace.read("a.txt")).toBe(after);
  });

  test.each([
    ["text that is not there", "a c", edit, "old_text does not stand in a.txt."],
    [
      "text that stands there twice",
      "b b",
      edit,
      "old_text stands 2 times in a.txt; give more of it, or set replace_all.",
    ],
    [
      "a file that is not text",
      "\0b",
      edit,
      "The tool failed: a.txt is not a text file: its bytes are text in no encoding that is known here. Use `bash` to look at it or convert it.",
    ],
    [
      "a file that is not there",
      "",
      { ...edit, file_path: "no.txt" },
      "The tool failed: There is no file no.txt.",
    ],
  ])("refuses %s, and changes nothing", async (_, content, input, output) => {
    await using workspace = await workspaceWith({ "a.txt": content });
    expect(await workspace.call("edit_file", input)).toEqual({ output, isError: true });
    expect(await workspace.read("a.txt")).toBe(content);
  });
});

describe("list_files", () => {
  const files = { "b.txt": "", "a/x.txt": "", "node_modules/y/z.js": "" };

  test.each([
    ["the top", {}, "a/\nb.txt\nnode_modules/"],
    ["a folder", { path: "a" }, "x.txt"],
    [
      "folders too, but for node_modules",
      { recursive: true },
      "a/\na/x.txt\nb.txt\nnode_modules/\n[not listed: node_modules/]",
    ],
  ])("names %s", async (_, input, output) => {
    await using workspace = await workspaceWith(files);
    expect(await workspace.call("list_files", input)).toEqual({ output, isError: false });
  });

  test("leaves out what .gitignore names, in each folder by its own rules", async () => {
    await using workspace = await workspaceWith({
      ".gitignore": "*.log\n/target\nbuild/\n",
      "a.log": "",
      "target/x": "",
      "src/target/y": "",
      "src/build/z": "",
      "src/.gitignore": "!keep.log\n/own\n",
      "src/keep.log": "",
      "src/own": "",
      own: "",
    });
    const { output } = await workspace.call("list_files", { recursive: true });
    expect(output.split("\n")).toEqual([
      ...[".gitignore", "own", "src/", "src/.gitignore", "src/build/", "src/keep.log"],
      ...["src/target/", "src/target/y", "target/", "[not listed: target/, src/build/]"],
    ]);
    const inner = await workspace.call("list_files", { path: join(workspace.path, "src"), recursive: true });
    expect(inner.output.split("\n")).toEqual([
      ...[".gitignore", "build/", "keep.log", "target/", "target/y", "[not listed: build/]"],
    ]);
    const named = await workspace.call("list_files", { path: "src" });
    expect(named.output.split("\n")).toContain("own");
  });

  test("names what lies near before what lies deep", async () => {
    const deep = Object.fromEntries(Array.from({ length: 1200 }, (_, index) => [`a/deep/${index}`, ""]));
    await using workspace = await workspaceWith({ ...deep, "z/near.txt": "", "z.txt": "" });
    const { output } = await workspace.call("list_files", { recursive: true });
    expect(output.split("\n")).toEqual(expect.arrayContaining(["a/", "a/deep/", "z.txt", "z/near.txt"]));
  });

  test("makes a workspace that is not there", async () => {
    await using outer = await temporaryDirectory();
    const tools = createBuiltinTools(join(outer.path, "new"));
    const list = tools.find(({ name }) => name === "list_files");
    expect(await callTool(list, {})).toEqual({ output: "(the folder is empty)", isError: false });
  });

  test("names a workspace that is no folder", async () => {
    await using outer = await temporaryDirectory({ "file.txt": "" });
    const dir = join(outer.path, "file.txt");
    const list = createBuiltinTools(dir).find(({ name }) => name === "list_files");
    expect((await callTool(list, {})).output).toMatch(/^The tool failed: The workspace .*file\.txt/);
  });

  test("reports an empty folder", async () => {
    await using workspace = await workspaceWith();
    expect((await workspace.call("list_files", {})).output).toBe("(the folder is empty)");
  });

  test("stops at a thousand names", async () => {
    await using workspace = await workspaceWith(
      Object.fromEntries(Array.from({ length: 1001 }, (_, index) => [`${index}`, ""])),
    );
    const { output } = await workspace.call("list_files", {});
    expect(output.split("\n").slice(-1)).toEqual(["[there are more than 1000; list a folder of them]"]);
  });
});

describe("files that steer the agent or run by themselves are written with approval only", () => {
  test.each([
    ".openclaw/SOUL.md",
    ".openclaw/tools.md",
    ".openclaw/skills/a/SKILL.md",
    ".agents/skills/a/SKILL.md",
    ".git/hooks/pre-commit",
    ".git",
    "module/.git/config",
    ".mcp.json",
    "link.md",
    "folder/../.openclaw/SOUL.md",
  ])("%s", async (file_path) => {
    await using workspace = await workspaceWith({ ".openclaw/SOUL.md": "Be kind.", "folder/x": "" });
    await symlink(".openclaw/SOUL.md", join(workspace.path, "link.md"));
    for (const [tool, input] of [
      ["write_file", { content: "Be evil." }],
      ["edit_file", { old_text: "kind", new_text: "evil" }],
    ] as const) {
      const { output } = await workspace.call(tool, { file_path, ...input });
      expect(output).toMatch(
        /which is protected: it steers the agent or runs by itself, but nobody|There is no file/,
      );
    }
    expect(await workspace.read(".openclaw/SOUL.md")).toBe("Be kind.");
  });

  test.each(["MEMORY.md", ".openclaw/notes.md", ".gitignore", ".github/workflow.yml", "soul.md"])(
    "%s is, being none of these",
    async (file_path) => {
      await using workspace = await workspaceWith();
      expect(await workspace.call("write_file", { file_path, content: "x" })).toMatchObject({
        isError: false,
      });
    },
  );

  test("but it can be read", async () => {
    await using workspace = await workspaceWith({ ".openclaw/SOUL.md": "Be kind." });
    expect(await workspace.call("read_file", { file_path: ".openclaw/SOUL.md" })).toMatchObject({
      isError: false,
    });
  });
});

test("an edit without the text to replace is refused, also where nobody checks the input", async () => {
  await using workspace = await temporaryDirectory({ "a.txt": "text" });
  const edit = createBuiltinTools(workspace.path).find(({ name }) => name === "edit_file");
  const { signal } = new AbortController();
  const context = { sessionId: "s", runId: "r", callId: "c", signal, progress() {}, async approve() {} };

  const result = await edit?.execute({ file_path: "a.txt", old_text: "", new_text: "x" }, context);

  expect(result).toMatchObject({ success: false, error: "old_text must not be empty. Nothing was written." });
});

describe("hidden files", () => {
  const files = {
    ".mini-openclaw/sessions/a.jsonl": "secret",
    "srv/data/b.jsonl": "secret",
    "srv/open.txt": "open",
  };

  /** A workspace whose application keeps its data in `srv/data` too. */
  async function hidingWorkspace() {
    const workspace = await temporaryDirectory(files);
    const tools = createBuiltinTools(workspace.path, { hidden: [join(workspace.path, "srv/data")] });
    const call = (name: string, input: Record<string, unknown>) =>
      callTool(
        tools.find((tool) => tool.name === name),
        input,
        // A user who allows everything does not open it.
        { approve: async () => {} },
      );
    return { path: workspace.path, call, [Symbol.asyncDispose]: () => workspace[Symbol.asyncDispose]() };
  }

  test.each([
    ".mini-openclaw/sessions/a.jsonl",
    ".Mini-OpenClaw/sessions/a.jsonl",
    ".mini-openclaw/new.txt",
    "srv/data/b.jsonl",
    "srv/../srv/data/b.jsonl",
    "link/b.jsonl",
    "link.jsonl",
    "srv/hard.jsonl",
  ])("is neither read nor written: %s", async (file_path) => {
    await using workspace = await hidingWorkspace();
    await symlink("srv/data", join(workspace.path, "link"));
    await symlink("srv/data/b.jsonl", join(workspace.path, "link.jsonl"));
    await link(join(workspace.path, "srv/data/b.jsonl"), join(workspace.path, "srv/hard.jsonl"));
    for (const [tool, input] of [
      ["read_file", {}],
      ["write_file", { content: "x" }],
      ["edit_file", { old_text: "secret", new_text: "x" }],
    ] as const) {
      const result = await workspace.call(tool, { file_path, ...input });
      expect(result).toEqual({
        output: `The tool failed: ${file_path} is the application's own; no tool can use it.`,
        isError: true,
      });
    }
    expect(await readFile(join(workspace.path, "srv/data/b.jsonl"), "utf8")).toBe("secret");
  });

  test("is not reached by its whole path, or through the links of the system", async () => {
    await using workspace = await hidingWorkspace();
    await symlink("/proc/self/root", join(workspace.path, "root"));
    await symlink("/proc/self/cwd", join(workspace.path, "cwd"));
    const whole = join(workspace.path, "srv/data/b.jsonl");
    const paths = [whole, `/proc/self/root${whole}`, `root${whole}`, "cwd/package.json"];
    for (const file_path of paths) {
      const { output, isError } = await workspace.call("read_file", { file_path });
      expect([isError, output]).toEqual([
        true,
        expect.stringMatching(/the application's own|outside the workspace/),
      ]);
    }
  });

  test("is not found by a search, whatever its case or way", async () => {
    await using workspace = await hidingWorkspace();
    await symlink("srv/data", join(workspace.path, "link"));
    const { output } = await workspace.call("grep", { pattern: "secret" });
    expect(output).not.toContain("jsonl");
    for (const path of ["srv/data", "link", "SRV/../srv/data/.", ".mini-openclaw/sessions"]) {
      const found = await workspace.call("grep", { pattern: "secret", path });
      expect([path, found.isError]).toEqual([path, true]);
      const listed = await workspace.call("glob", { pattern: "**/*.jsonl", path });
      expect([path, listed.output.includes("b.jsonl")]).toEqual([path, false]);
    }
  });

  test("is not listed", async () => {
    await using workspace = await hidingWorkspace();
    await symlink("srv/data", join(workspace.path, "link"));
    const all = await workspace.call("list_files", { recursive: true });
    expect(all.output).toBe("link\nsrv/\nsrv/open.txt");
    for (const path of ["srv/data", ".mini-openclaw", ".mini-openclaw/sessions", "link"]) {
      const { output } = await workspace.call("list_files", { path });
      expect(output).toBe(`The tool failed: ${path} is the application's own; no tool can use it.`);
    }
  });

  test("does not hide a workspace that lies in it", async () => {
    await using outer = await temporaryDirectory({ "workspace/a.txt": "a" });
    const tools = createBuiltinTools(join(outer.path, "workspace"), { hidden: [outer.path] });
    const read = tools.find(({ name }) => name === "read_file");
    expect((await callTool(read, { file_path: "a.txt" })).isError).toBe(false);
    await link(join(outer.path, "workspace/a.txt"), join(outer.path, "workspace/b.txt"));
    expect((await callTool(read, { file_path: "b.txt" })).isError).toBe(false);
  });
});

describe("paths that lead out of the workspace, or to no regular file, are refused", () => {
  const outsideOf = /is outside the workspace; only files inside it can be used\.$/;

  test.each([
    ["a path upwards", "../secret.txt", outsideOf],
    ["an absolute path", "/etc/passwd", outsideOf],
    ["a link to a file outside", "file-link", outsideOf],
    ["a file behind a link to a folder outside", "folder-link/secret.txt", outsideOf],
    ["a new file behind a link to a folder outside", "folder-link/new.txt", outsideOf],
    ["a link out and in again", "round/secret.txt", outsideOf],
    ["a link to itself", "loop", /loop is a link that cannot be followed\.$/],
    ["a file as a folder", "folder/x/y", /A part of folder\/x\/y is not a folder\.$/],
    ["a name that is too long", "x".repeat(300), /The path is too long\.$/],
    ["a folder", "folder", /folder is a folder\.$/],
    ["no file at all", "", /The path is empty\. Name a file\.$/],
    ["the workspace itself", ".", /\. is a folder\.$/],
    ["a FIFO", "fifo", /fifo is not a regular file\.$/],
    ["a NUL character", "a\0b", /The path holds a NUL character\.$/],
  ])("%s", async (_, file_path, reason) => {
    await using workspace = await workspaceWith({ "folder/x": "" });
    await symlink(join(workspace.outside, "secret.txt"), join(workspace.path, "file-link"));
    await symlink(workspace.outside, join(workspace.path, "folder-link"));
    await symlink(
      `../${basename(workspace.outside)}/../${basename(workspace.outside)}`,
      join(workspace.path, "round"),
    );
    await symlink("loop", join(workspace.path, "loop"));
    makeFifo(join(workspace.path, "fifo"));
    for (const [tool, input] of [
      ["read_file", {}],
      ["write_file", { content: "x" }],
      ["edit_file", { old_text: "s", new_text: "x" }],
    ] as const) {
      const { output, isError } = await workspace.call(tool, { file_path, ...input });
      expect([tool, isError, output]).toEqual([tool, true, expect.stringMatching(reason)]);
      expect(output).not.toContain(workspace.outside);
    }
    expect(await readFile(join(workspace.outside, "secret.txt"), "utf8")).toBe("secret\n");
  });

  test("a folder outside is not listed", async () => {
    await using workspace = await workspaceWith();
    await symlink(workspace.outside, join(workspace.path, "folder-link"));
    expect((await workspace.call("list_files", { path: "folder-link" })).output).toMatch(outsideOf);
    expect((await workspace.call("list_files", { path: ".." })).output).toMatch(outsideOf);
  });
});
