import { existsSync } from "node:fs";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { expect } from "vitest";

const executablePath = "/usr/bin/chromium";

// Longer than a busy machine takes for anything. A missing result only fails later.
const waitMs = 60_000;

/** Why the browser tests cannot run here; `undefined` if they can. In CI they must run. */
export const whyNoBrowser: string | undefined =
  existsSync(executablePath) || process.env["CI"] ? undefined : `there is no ${executablePath}`;

/** A browser that talks to nobody but the tests. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

/** A page in a browser profile of its own. */
export interface TestPage extends AsyncDisposable {
  readonly page: Page;
  /** Errors, refused resources and policy violations that the browser reported. */
  readonly complaints: string[];
  /** Every address that the page asked for. */
  readonly requests: string[];
}

export async function openPage(
  browser: Browser,
  url: string,
  options?: BrowserContextOptions,
): Promise<TestPage> {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(waitMs);
  const page = await context.newPage();
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("dialog", (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  context.on("request", (request) => requests.push(request.url()));
  await page.goto(url);
  return { page, complaints, requests, [Symbol.asyncDispose]: () => context.close() };
}

/** The requests for anything but the page's own files. */
export function foreignRequests({ requests }: TestPage, url: string): string[] {
  const own =
    /^(?:|readyz|settings[?]only=schedules|diagram[.]html|first-paint[.]js|page[.]css|page[.]js|highlight-worker[.]js|[\w-]+-[A-Z0-9]{8}[.]js)$/;
  return requests.filter((request) => !request.startsWith(url) || !own.test(request.slice(url.length)));
}

/** Waits until `read` gives what is expected: what a page shows comes when it comes. */
export function eventually<Value>(read: () => Promise<Value>) {
  return expect.poll(read, { timeout: waitMs });
}

/** Returns the rows of the conversation, one line each, without their actions. */
export function rowsOf(page: Page): Promise<string[]> {
  return page.locator(".rows > li:not(.answer-end)").evaluateAll((rows) =>
    rows.map((row) => {
      const kind = [...row.classList].filter((name) => name !== "row").join(" ");
      const actions = row.querySelector<HTMLElement>(":scope > .row-actions")?.innerText ?? "";
      const shown = (row as HTMLElement).innerText;
      const text = shown
        .slice(0, shown.length - actions.length)
        .replace(/\s+/g, " ")
        .trim();
      return kind === "" ? text : `${kind}: ${text}`;
    }),
  );
}

/** The sidebar, one line a session: its title, and what is marked. */
export function listedOn(page: Page): Promise<string[]> {
  return page.locator(".sessions a").evaluateAll((links) =>
    links.map((link) => {
      const [title = "", mark = ""] = [...link.children].map((part) => part.textContent ?? "");
      const isShown = link.getAttribute("aria-current") === "page";
      return [isShown ? `> ${title}` : title, mark].filter(Boolean).join(" · ");
    }),
  );
}

/** Types a message and sends it: by the keyboard, or on a touch screen by the button. */
export async function say(page: Page, content: string): Promise<void> {
  await page.getByRole("textbox").fill(content);
  const isTouch = await page.evaluate(() => matchMedia("(pointer: coarse)").matches);
  if (isTouch) await page.locator("form.composer .send").click();
  else await page.keyboard.press("Enter");
}

/** Presses the banner's button; it may be gone because the page was faster. */
export async function tryNow(page: Page): Promise<void> {
  await page.evaluate(() => document.querySelector<HTMLButtonElement>(".banner button")?.click());
}
