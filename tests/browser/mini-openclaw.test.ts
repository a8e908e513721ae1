import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../../scripts/free-port.mjs";
import { startWaitingModelServer } from "../e2e/waiting-model-server.ts";
import {
  eventually,
  foreignRequests,
  launchBrowser,
  openPage,
  rowsOf,
  say,
  whyNoBrowser,
} from "./browser.ts";

const main = fileURLToPath(new URL("../../examples/mini-openclaw/dist/main.js", import.meta.url));

interface Server extends AsyncDisposable {
  readonly url: string;
  readonly directory: string;
  /** Kills it, as a crash would, and starts it again on the same port. */
  crash(): Promise<void>;
}

/**
 * The real server as people start it, without an API key unless one is given, in a workspace of its
 * own.
 */
async function startServer(environment: Record<string, string> = {}): Promise<Server> {
  const directory = await mkdtemp(join(tmpdir(), "mini-openclaw-"));
  let child: ServerProcess;

  async function start(port: string): Promise<string> {
    const { PATH = "" } = process.env;
    child = spawn(process.execPath, [main], {
      cwd: directory,
      env: {
        PATH,
        HOME: directory,
        MINI_OPENCLAW_PORT: port,
        MINI_OPENCLAW_WORKSPACE: directory,
        ...environment,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    return addressOf(child);
  }
  async function end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, "exit");
    child.kill(signal);
    await exit;
  }
  const stop = async () => {
    await end("SIGTERM");
    await rm(directory, { recursive: true });
  };
  try {
    const url = await start(String(await freePort()));
    return {
      url,
      directory,
      async crash() {
        await end("SIGKILL");
        await start(new URL(url).port);
      },
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

type ServerProcess = ChildProcessByStdio<null, Readable, Readable>;

/** The address in the server's banner. */
async function addressOf(child: ServerProcess): Promise<string> {
  let complaint = "";
  child.stderr.on("data", (text: Buffer) => {
    complaint += text.toString();
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const [address] = /http:\/\/127\.0\.0\.1:\d+\//.exec(line) ?? [];
    if (address !== undefined) return address;
  }
  throw new Error(`the server ended before it told its address: ${complaint}`);
}

describe.skipIf(whyNoBrowser)("a newcomer's first minute", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  // rows 33.a–f
  test("opens the page without an API key, asks for a program, and sees it written and run", async () => {
    await using server = await startServer();
    await using tab = await openPage(browser, server.url, { viewport: { width: 1100, height: 860 } });
    const { page } = tab;
    expect(await page.getByText("no API key is set").isVisible()).toBe(true);

    await say(page, "Write a small program and run it");
    await page.locator(".tool[data-phase=done]").nth(1).waitFor();
    await page.getByRole("button", { name: "Stop" }).waitFor({ state: "hidden" });

    const rows = await rowsOf(page);
    expect(rows.map((row) => row.split(/[: ]/, 1).join(""))).toEqual([
      "user",
      "assistant",
      "write_file",
      "assistant",
      "bash",
      "assistant",
    ]);
    expect(await page.locator(".tool-output").last().textContent()).toContain("Hello from a real process");

    await page.reload();
    await eventually(() => rowsOf(page)).toEqual(rows);

    const path = join(server.directory, "page.png");
    await page.screenshot({ path });
    const image = await readFile(path);
    expect(image.subarray(1, 4).toString()).toBe("PNG");
    expect([image.readUInt32BE(16), image.readUInt32BE(20)]).toEqual([1100, 860]);
    // One colour would be some 5 kB.
    expect(image.byteLength).toBeGreaterThan(20_000);
    expect(tab.complaints).toEqual([]);
    expect(foreignRequests(tab, server.url)).toEqual([]);
  });

  test("stops an answer, and answers again in the same session", async () => {
    await using model = await startWaitingModelServer(["Once upon ", "a time."]);
    await using server = await startServer(model.env);
    await using tab = await openPage(browser, server.url);
    const { page } = tab;
    await say(page, "Tell me a story");
    await page.locator(".assistant.streaming").getByText("Once upon").waitFor();
    await page.keyboard.press("Escape");
    await page.getByText("Stopped here").waitFor();

    await say(page, "Now to its end");
    for (const text of ["Once upon", "a time."]) {
      await page.locator(".assistant.streaming").getByText(text).waitFor();
      model.goOn();
    }

    await eventually(() => rowsOf(page)).toEqual([
      "user: You: Tell me a story",
      "assistant: Assistant: Once upon Stopped here",
      "user: You: Now to its end",
      "assistant: Assistant: Once upon a time.",
    ]);
    expect(tab.complaints).toEqual([]);
  });

  test("loses nothing on the screen when the server is killed, and continues by itself", async () => {
    await using model = await startWaitingModelServer(["Once upon ", "a time."]);
    await using server = await startServer(model.env);
    await using tab = await openPage(browser, server.url);
    const { page } = tab;
    await say(page, "Tell me a story");
    await page.locator(".assistant.streaming").getByText("Once upon").waitFor();

    const crashed = server.crash();
    await page.getByText("Connection lost.").waitFor();
    await say(page, "Once more");
    await crashed;
    await page.getByText("Interrupted here").waitFor();
    for (const text of ["Once upon", "a time."]) {
      await page.locator(".assistant.streaming").getByText(text).waitFor();
      model.goOn();
    }

    await eventually(() => rowsOf(page)).toEqual([
      "user: You: Tell me a story",
      "assistant: Assistant: Once upon Interrupted here",
      "user: You: Once more",
      "assistant: Assistant: Once upon a time.",
    ]);
  });

  test("is asked for the token of a gateway that has one, once", async () => {
    const token = "a-token-of-at-least-thirty-two-bytes";
    await using server = await startServer({ MINI_OPENCLAW_TOKEN: token });
    await using tab = await openPage(browser, server.url);
    const { page } = tab;
    const hints: string[] = [];
    page.on("console", (message) => hints.push(message.text()));
    const question = page.getByLabel("Enter the gateway’s token");
    await question.fill("guess");
    await page.keyboard.press("Enter");
    await page.getByText("Wrong token.").waitFor();
    await question.fill(token);
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByText("Connected").waitFor();
    expect(await question.isVisible()).toBe(false);

    await page.reload();
    await page.getByText("Connected").waitFor();

    expect(await question.isVisible()).toBe(false);
    expect(await page.evaluate(() => document.cookie)).toBe("");
    expect(tab.requests.filter((url) => url.includes("token"))).toEqual([]);
    expect(hints.filter((hint) => hint.includes("[DOM]"))).toEqual([]);
  });
});
