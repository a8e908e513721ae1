import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import type { Readable } from "node:stream";
import { expect, vi } from "vitest";
import { freePort } from "../../scripts/free-port.mjs";

// Debian: `webkit2gtk-driver` has the driver and brings the browser. `xvfb` has the screen.
const driverPath = "/usr/bin/WebKitWebDriver";
const screenPath = "/usr/bin/Xvfb";
const triplet = process.arch === "arm64" ? "aarch64-linux-gnu" : "x86_64-linux-gnu";
const browserPath = `/usr/lib/${triplet}/webkit2gtk-4.1/MiniBrowser`;

/** The reason why tests cannot run in WebKit here; `undefined` if they can. */
export const whyNoWebKit: string | undefined = [driverPath, screenPath, browserPath]
  .filter((path) => !existsSync(path))
  .map((path) => `there is no ${path}`)[0];

if (whyNoWebKit !== undefined) console.log(`The tests in WebKit are skipped: ${whyNoWebKit}.`);

// Longer than a busy machine takes for anything. A missing result only fails later.
const waitMs = 60_000;

/** The keys without a character, as WebDriver names them in its actions of a keyboard. */
export const keys = { enter: "\uE007", escape: "\uE00C", control: "\uE009", shift: "\uE008" } as const;

/** A page in WebKitGTK, which its WebDriver controls. */
export interface WebKitPage extends AsyncDisposable {
  /** Runs the body of a function in the page, and returns its result. */
  run<Value>(body: string, ...values: readonly unknown[]): Promise<Value>;
  open(url: string): Promise<void>;
  resize(width: number, height: number): Promise<void>;
  /** Presses keys one after the other, in the element with the focus. */
  type(text: string): Promise<void>;
  /** Presses a key while others are held. */
  chord(held: readonly string[], key: string): Promise<void>;
  /** Waits until the body of a function returns what is expected. */
  eventually(body: string, expected: unknown): Promise<void>;
}

/** Starts a screen, the driver and the browser. */
export async function openWebKit(): Promise<WebKitPage> {
  const children: ChildProcess[] = [];
  const close = async () => {
    for (const child of children.toReversed()) await end(child);
  };
  try {
    const screen = spawn(screenPath, ["-displayfd", "3", "-screen", "0", "1280x900x24", "-nolisten", "tcp"], {
      stdio: ["ignore", "ignore", "ignore", "pipe"],
    });
    children.push(screen);
    const [number] = (await once(screen.stdio[3] as Readable, "data")) as [Buffer];
    const port = await freePort();
    const driver = spawn(driverPath, [`--port=${port}`, "--host=127.0.0.1"], {
      // The input method of GTK itself, so that a test can compose a character.
      env: { ...process.env, DISPLAY: `:${String(number).trim()}`, GTK_IM_MODULE: "gtk-im-context-simple" },
      stdio: "ignore",
    });
    children.push(driver);
    const session = await startSession(`http://127.0.0.1:${port}`);
    return createPage(session, async () => {
      await session("DELETE", "");
      await close();
    });
  } catch (error) {
    await close();
    throw error;
  }
}

/** Sends a command to a session, and returns its value. */
type Session = (method: "POST" | "DELETE", path: string, body?: object) => Promise<unknown>;

async function startSession(base: string): Promise<Session> {
  await vi.waitFor(() => fetch(`${base}/status`), { timeout: waitMs });
  const options = { binary: browserPath, args: ["--automation"] };
  const capabilities = { alwaysMatch: { "webkitgtk:browserOptions": options } };
  const { sessionId } = (await send("POST", `${base}/session`, { capabilities })) as { sessionId: string };
  return (method, path, body) => send(method, `${base}/session/${sessionId}${path}`, body);
}

async function send(method: string, url: string, body?: object): Promise<unknown> {
  const response = await fetch(url, { method, ...(body && { body: JSON.stringify(body) }) });
  const { value } = (await response.json()) as { value: unknown };
  if (!response.ok)
    throw new Error(`${method} ${url} answered ${response.status}: ${JSON.stringify(value)}.`);
  return value;
}

function createPage(session: Session, close: () => Promise<void>): WebKitPage {
  const actions = (list: readonly object[]) =>
    session("POST", "/actions", { actions: [{ type: "key", id: "keyboard", actions: list }] });
  const press = (value: string) => [
    { type: "keyDown", value },
    { type: "keyUp", value },
  ];
  const run = <Value>(body: string, ...args: readonly unknown[]) =>
    session("POST", "/execute/sync", { script: body, args }) as Promise<Value>;
  return {
    run,
    async open(url) {
      await session("POST", "/url", { url });
    },
    async resize(width, height) {
      await session("POST", "/window/rect", { width, height });
    },
    async type(text) {
      await actions(Array.from(text).flatMap(press));
    },
    async chord(held, key) {
      const down = held.map((value) => ({ type: "keyDown", value }));
      const up = held.toReversed().map((value) => ({ type: "keyUp", value }));
      await actions([...down, ...press(key), ...up]);
    },
    async eventually(body, expected) {
      await expect.poll(() => run(body), { timeout: waitMs }).toEqual(expected);
    },
    [Symbol.asyncDispose]: close,
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  child.kill();
  await exit;
}
