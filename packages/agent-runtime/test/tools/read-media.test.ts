import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { FileBlock } from "@mini-openclaw/protocol";
import { describe, expect, test } from "vitest";
import { AgentRuntime, createBuiltinTools, defineTool } from "../../src/index.ts";
import { toToolResult } from "../../src/mcp/call-result.ts";
import { calls, createScriptedProvider, says } from "../../src/testing.ts";
import { eventsOf, inputOf } from "../collect.ts";
import { temporaryDirectory } from "../temporary-directory.ts";
import { callTool } from "./call-tool.ts";

const head = (text: string) => Buffer.from(text, "latin1");
const files = {
  "a.png": [head("\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), "image", "image/png"],
  "b.jpg": [head("\xff\xd8\xff\xe0\0\x10JFIF"), "image", "image/jpeg"],
  "c.gif": [head("GIF89a\x01\0\x01\0"), "image", "image/gif"],
  "d.webp": [head("RIFF\x24\0\0\0WEBPVP8 "), "image", "image/webp"],
  "e.pdf": [head("%PDF-1.7\n1 0 obj"), "document", "application/pdf"],
  // The bytes decide, and not the name.
  "f.txt": [head("\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), "image", "image/png"],
} as const;

async function workspaceWith(contents: Readonly<Record<string, Uint8Array | string>>) {
  const workspace = await temporaryDirectory({});
  for (const [name, bytes] of Object.entries(contents)) await writeFile(join(workspace.path, name), bytes);
  const tools = createBuiltinTools(workspace.path);
  const tool = tools.find(({ name }) => name === "read_file");
  return {
    tools,
    read: (file_path: string, input: object = {}) => callTool(tool, { file_path, ...input }),
    [Symbol.asyncDispose]: () => workspace[Symbol.asyncDispose](),
  };
}

describe("read_file", () => {
  test.each(Object.entries(files))(
    "returns %s as a file that the model sees",
    async (name, [bytes, type, mediaType]) => {
      await using workspace = await workspaceWith({ [name]: bytes });
      expect(await workspace.read(name)).toEqual({
        output: `[${type}: ${name}, ${bytes.length} bytes]`,
        isError: false,
        blocks: [
          { type: "text", text: "" },
          { type, mediaType, data: bytes.toString("base64"), name },
        ],
      });
    },
  );

  test("refuses an image and a PDF that are too large, with the limit and the remedy", async () => {
    const large = (name: keyof typeof files) => Buffer.concat([files[name][0], Buffer.alloc(5_242_881)]);
    await using workspace = await workspaceWith({ "a.png": large("a.png"), "e.pdf": large("e.pdf") });
    expect((await workspace.read("a.png")).output).toMatch(
      /`file_path` must have at most 5242880 bytes to be shown as image\/png, got \d+\. Shrink the image/,
    );
    expect((await workspace.read("e.pdf")).output).toMatch(/Extract the pages that you need/);
  });

  test("passes an image to the model in a run", async () => {
    const [bytes] = files["a.png"];
    await using workspace = await workspaceWith({ "a.png": bytes });
    const provider = createScriptedProvider([[calls("read_file", { file_path: "a.png" })], [says("a dot")]]);
    const events = await eventsOf(new AgentRuntime({ provider, tools: workspace.tools }), inputOf("look"));
    const done = events.find((event) => event.type === "tool_done");
    expect(done).toMatchObject({
      output: "[image: a.png, 16 bytes]",
      blocks: [{}, { data: bytes.toString("base64") }],
    });
    const result = provider.requests[1]?.messages.at(-1);
    expect(result?.role === "tool" && result.blocks?.[1]).toMatchObject({ data: bytes.toString("base64") });
  });

  test("shows the cells of a notebook with their outputs", async () => {
    const notebook = {
      nbformat: 4,
      cells: [
        { cell_type: "markdown", source: ["# Title\n", "words"] },
        {
          ...{ cell_type: "code", source: "1 + 1" },
          outputs: [
            { output_type: "execute_result", data: { "text/plain": ["2"], "image/png": "iVBOR" } },
            { output_type: "stream", text: ["printed\n"] },
            { output_type: "error", ename: "ValueError", evalue: "no" },
            { output_type: "stream", text: "x".repeat(5000) },
            { output_type: "display_data", data: { "image/png": "iVBOR" } },
            { output_type: "unknown" },
            "strange",
          ],
        },
        "strange",
      ],
    };
    await using workspace = await workspaceWith({ "n.ipynb": JSON.stringify(notebook) });
    const { output } = await workspace.read("n.ipynb");
    const lines = output.split("\n").map((line) => line.replace(/^ *\d+\t/, ""));
    expect(
      lines.map((line) => (line.length > 100 ? `${line.slice(0, 3)}…${line.slice(-12)}` : line)),
    ).toEqual([
      ...["[shown as cells; edit_file edits its JSON]", "# --- cell 1: markdown ---", "# Title", "words"],
      ...["# --- cell 2: code ---", "1 + 1", "# --- output of cell 2 ---", "2", "[image/png]", "printed", ""],
      ...[
        "ValueError: no",
        expect.stringMatching(/^xxx…/),
        "[image/png]",
        "# --- cell 3: unknown ---",
        "",
        "",
      ],
    ]);
    expect((await workspace.read("n.ipynb", { offset: 5, limit: 2 })).output).toBe(
      "     5\t# --- cell 2: code ---\n     6\t1 + 1\n[the file goes on; read it from offset 7]",
    );
    expect((await workspace.read("n.ipynb", { offset: 500 })).output).toMatch(/has only \d+ lines/);
  });

  test("shows a notebook of version 3, and what is no notebook as its lines", async () => {
    const old = {
      nbformat: 3,
      worksheets: [{ cells: [{ cell_type: "code", input: "print 1" }] }, "strange"],
    };
    await using workspace = await workspaceWith({
      "old.ipynb": JSON.stringify(old),
      "broken.ipynb": "{",
      "list.ipynb": "[]",
      "other.ipynb": "{}",
      "large.ipynb": `{"cells":[]}${" ".repeat(10_485_760)}`,
    });
    expect((await workspace.read("old.ipynb")).output).toContain("print 1");
    expect((await workspace.read("broken.ipynb")).output).toBe("     1\t{\n");
    expect((await workspace.read("list.ipynb")).output).toBe("     1\t[]\n");
    expect((await workspace.read("other.ipynb")).output).toBe("     1\t{}\n");
    expect((await workspace.read("large.ipynb")).output).toContain('{"cells":[]}');
  });
});

describe("a tool's files", () => {
  const good: FileBlock = {
    type: "image",
    mediaType: "image/png",
    data: files["a.png"][0].toString("base64"),
  };
  const returning = (...given: unknown[]) =>
    defineTool<object>({
      ...{ name: "snap", description: "", parameters: {} },
      execute: () => ({ success: true, output: "done", files: given as FileBlock[] }),
    });

  test("that are not what they are called become lines", async () => {
    const wrong = [
      { ...good, mediaType: "image/gif" },
      { ...good, data: undefined },
      { ...good, type: "sound" },
    ];
    const { output, blocks } = await callTool(returning(...wrong, good), {});
    expect(output).toMatch(
      /^done\n(?:\[a file was left out: `files\[\d\][^\n]*\]\n){3}\[image: image\/png, 16 bytes\]$/,
    );
    expect(blocks).toEqual([{ type: "text", text: output.slice(0, output.lastIndexOf("\n")) }, good]);
    expect(await callTool(returning(wrong[1]), {})).not.toHaveProperty("blocks");
    expect((await callTool(returning(undefined), {})).output).toBe(
      "done\n[a file was left out: `files[0]` must be an object, got nothing.]",
    );
  });

  test("are at most ten", async () => {
    const { output, blocks } = await callTool(returning(...Array.from({ length: 12 }, () => good)), {});
    expect(blocks).toHaveLength(11);
    expect(output.match(/a message has at most 10 files/g)).toHaveLength(2);
  });

  test("that are no list are ignored", async () => {
    const tool = defineTool<object>({
      ...{ name: "snap", description: "", parameters: {} },
      execute: () => ({ success: true, output: "done", files: "none" as unknown as FileBlock[] }),
    });
    expect(await callTool(tool, {})).toEqual({ output: "done", isError: false });
  });
});

test("images and PDFs of MCP results are files, in text and in resources, also of failures", () => {
  const png = files["a.png"][0].toString("base64");
  const pdf = files["e.pdf"][0].toString("base64");
  const content = [
    { type: "text", text: "look" },
    { type: "image", mimeType: "image/png", data: png },
    { type: "resource", resource: { uri: "file:///e.pdf", mimeType: "application/pdf", blob: pdf } },
    { type: "image", mimeType: "image/bmp", data: "Qk0=" },
    { type: "audio", mimeType: "audio/wav", data: "UklGRg==" },
  ];
  const expected = {
    output: "look\n[image: image/bmp, 3 bytes]\n[audio: audio/wav, 6 bytes]",
    files: [
      { type: "image", mediaType: "image/png", data: png },
      { type: "document", mediaType: "application/pdf", data: pdf },
    ],
  };
  expect(toToolResult({ content })).toEqual({ success: true, ...expected });
  expect(toToolResult({ content, isError: true })).toMatchObject({ success: false, ...expected });
  expect(toToolResult({ content: content.slice(1, 2), structuredContent: { a: 1 } })).toMatchObject({
    output: "",
  });
});
