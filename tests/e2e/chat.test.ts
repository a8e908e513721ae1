import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { startModelServer, toolCall } from "./model-server.ts";
import { temporaryDirectory } from "./server.ts";

const main = fileURLToPath(new URL("../../examples/mini-openclaw/dist/main.js", import.meta.url));
const everything = join(
  createRequire(import.meta.url).resolve("@modelcontextprotocol/server-everything/package.json"),
  "../dist/index.js",
);
const hasScript = existsSync("/usr/bin/script");
const PROMPT = "> \u001B[3G";
const patience = { timeout: 60_000 };

// A PNG of 240 × 100 pixels.
const png = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAPAAAABkCAMAAACPfE31AAAAD1BMVEX7+vjCVC3woHwrYrMqc0gzLomrAAAAfUlEQVR42u3POQEAIAwEsPL414yFWxgoiYNUAQDQ1coJCwsLCwsLCwsLCwsLCwsLCwsLCws/H945YWFhYWFhYWFhYWFh4fvhmRMWFhYWFhYWFhYWFhYWFhYWFhYWFhb+MzxywsLCwsLCwsLCwsLCwsLCwsLCwsLCwsLCwsLCDcMHhR1z5w/2VN0AAAAASUVORK5CYII=",
  "base64",
);

/** Chats in a terminal of its own, by script of util-linux. */
async function chatIn(cwd: string, env: Record<string, string> = {}) {
  const command = `stty cols 100 rows 40; exec ${process.execPath} ${main} chat`;
  const child = spawn("/usr/bin/script", ["-qefc", command, "/dev/null"], {
    cwd,
    env: { PATH: process.env["PATH"] ?? "", HOME: cwd, TMPDIR: cwd, TERM: "xterm-256color", ...env },
  });
  const exited = once(child, "close");
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  await expect.poll(() => text.endsWith(PROMPT), patience).toBe(true);
  return {
    text: () => text,
    /** Types a line, and returns what is printed until the next prompt. */
    async type(line: string, prompt = PROMPT, end = "\r") {
      const before = text.length;
      child.stdin.write(`${line}${end}`);
      await expect.poll(() => text.slice(before).endsWith(prompt), patience).toBe(true);
      return text.slice(before);
    },
    async [Symbol.asyncDispose]() {
      child.stdin.write("/quit\r");
      await exited;
    },
  };
}

/** Returns what is between each start and the next end. */
const between = (text: string, start: string, end: string) =>
  text
    .split(start)
    .slice(1)
    .map((piece) => piece.split(end)[0]?.split(/[;:](?=[^;:]*$)/) ?? []);

/** Reads the images of kitty's protocol and of iTerm2's by their rules. */
function imagesIn(text: string): Buffer[] {
  const pieces = between(text, "\u001B_G", "\u001B\\");
  const images: string[] = [];
  let open = "";
  for (const [keys = "", piece = ""] of pieces) {
    open += piece;
    if (!keys.endsWith("m=0")) continue;
    images.push(open);
    open = "";
  }
  expect(open).toBe("");
  expect(pieces.filter(([, { length } = ""]) => length > 4096)).toEqual([]);
  expect(pieces.filter(([keys = "", { length } = ""]) => keys.endsWith("m=1") && length % 4 > 0)).toEqual([]);

  const files = between(text, "\u001B]1337;File=", "\u0007");
  const sizes = files.map(([keys = ""]) => Number(/size=(\d+);inline=1$/.exec(keys)?.[1]));
  expect(files.map(([, data = ""]) => Buffer.from(data, "base64").length)).toEqual(sizes);
  return [...images, ...files.map(([, data = ""]) => data)].map((data) => Buffer.from(data, "base64"));
}

/** Returns the only transcript of a workspace. */
function transcriptIn(workspace: string): string {
  const folder = join(workspace, ".mini-openclaw", "sessions");
  const [name = ""] = readdirSync(folder).filter((one) => one.endsWith(".jsonl"));
  return readFileSync(join(folder, name), "utf8");
}

const fileOf = (text: string) => readFileSync(new URL(/file:\S+/.exec(text)?.[0] ?? ""));

describe.skipIf(!hasScript)("chat in a terminal", () => {
  test.each([
    ["kitty's protocol", { KITTY_WINDOW_ID: "1" }],
    ["iTerm2's protocol", { TERM_PROGRAM: "iTerm.app", TERM_PROGRAM_VERSION: "3.5.0" }],
    ["no protocol", {}],
    ["no protocol in tmux", { KITTY_WINDOW_ID: "1", TMUX: "/tmp/tmux-0/default,1,0" }],
  ])("attaches an image, sends it, and draws it with %s", async (protocol, env) => {
    await using folder = await temporaryDirectory();
    await using model = await startModelServer();
    model.mock.onMessage("What is this?", { content: "Four bars." });
    writeFileSync(join(folder.path, "bars.png"), png);
    await using chat = await chatIn(folder.path, { ...model.env, ...env });

    const attached = await chat.type("/attach bars.png");
    expect(attached).toContain(`[attached] bars.png, image/png, ${png.length} bytes: file://`);
    expect(imagesIn(attached)).toEqual(protocol.startsWith("no") ? [] : [png]);
    expect(fileOf(attached)).toEqual(png);

    expect(await chat.type("What is this?")).toContain("Four bars.");
    expect(transcriptIn(folder.path)).toContain(png.toString("base64"));
  });

  test("draws the image of a tool and of an answer", async () => {
    await using folder = await temporaryDirectory();
    await using model = await startModelServer();
    const config = { mcpServers: { everything: { command: process.execPath, args: [everything, "stdio"] } } };
    writeFileSync(join(folder.path, ".mcp.json"), JSON.stringify(config));
    const call = toolCall("toolu_1", "everything__get-tiny-image", {});
    const data = `data:image/png;base64,${png.toString("base64")}`;
    model.mock.on({ hasToolResult: false }, { content: "", toolCalls: [call] });
    model.mock.on({ hasToolResult: true }, { content: `Here: ![Four bars](${data}). The end!` });
    const env = { ...model.env, KITTY_PID: "1", MINI_OPENCLAW_MCP: "on" };
    await using chat = await chatIn(folder.path, env);

    await chat.type("draw", "[n]o: \u001B[37G");
    const text = await chat.type("y");

    const [ofTool, ofAnswer, ...others] = imagesIn(text);
    expect(others).toEqual([]);
    expect(ofTool?.subarray(1, 4).toString()).toBe("PNG");
    expect(ofAnswer).toEqual(png);
    expect(text).toMatch(/\[everything__get-tiny-image\] \S+, image\/png, \d+ \w+: file:/);
    expect(text).toContain(`[answer] Four bars, image/png, ${png.length} bytes: file:`);
    expect(text).toContain("The end!");
    expect(text).not.toContain("data:image");
  });

  test("takes a question back when Ctrl+C stops the run, and chats on", async () => {
    await using folder = await temporaryDirectory();
    await using chat = await chatIn(folder.path, { MINI_OPENCLAW_APPROVAL: "all" });
    await chat.type("write a program", "[n]o: \u001B[37G");

    expect(await chat.type("", PROMPT, "\u0003")).toContain("The run ended early: aborted.");

    await chat.type("list the files", "[n]o: \u001B[37G");
    expect(await chat.type("y")).toContain("README.md");
  });

  test("attaches a dropped path and a text, and names what cannot be attached", async () => {
    await using folder = await temporaryDirectory();
    await using model = await startModelServer();
    model.mock.onMessage(/Compare/, { content: "Compared." });
    writeFileSync(join(folder.path, "two bars.png"), png);
    writeFileSync(join(folder.path, "notes.txt"), "Bars are up.");
    writeFileSync(join(folder.path, "raw.bin"), Buffer.from([0xff, 0xfe, 0x00]));
    writeFileSync(join(folder.path, "large.png"), Buffer.concat([png, Buffer.alloc(6_000_000)]));
    await using chat = await chatIn(folder.path, model.env);

    const dropped = join(folder.path, "two bars.png");

    expect(await chat.type(`'${dropped}'`)).toContain("[attached] two bars.png, image/png");
    expect(await chat.type(dropped.replace(" ", "\\ "))).toContain("[attached] two bars.png, image/png");
    expect(await chat.type("/attach notes.txt")).toMatch(/\[attached\] a text of \d+ characters/);
    const refusals = {
      "/attach": "`/attach` needs a file, such as /attach photo.png.",
      "/attach none.png": "`/attach` must be a file that can be read, got none.png",
      "/attach /dev/zero": "`/attach` must be a file, got /dev/zero.",
      "/attach raw.bin": "`/attach` must be UTF-8 text, an image or a PDF, got raw.bin.",
      "/attach large.png": `\`/attach\` must have at most 5242880 bytes, got ${6_000_000 + png.length}: large.png.`,
      "/atach notes.txt": "`/atach` is not a command. Use /attach.",
    };
    for (const [line, refusal] of Object.entries(refusals)) expect(await chat.type(line)).toContain(refusal);

    expect(await chat.type("Compare them")).toContain("Compared.");
    const sent = transcriptIn(folder.path);
    expect(sent.split(png.toString("base64"))).toHaveLength(3);
    expect(sent).toContain('Compare them\\n\\n<file name=\\"notes.txt\\">\\nBars are up.\\n</file>');
  });
});
