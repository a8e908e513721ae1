import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually, launchBrowser, openPage, rowsOf, say, whyNoBrowser } from "./browser.ts";
import { type Answer, startGateway } from "./test-gateway.ts";

const timestamp = 1;
const calls = [
  { callId: "c1", toolName: "bash", input: { command: "make" } },
  {
    ...{ callId: "c2", toolName: "edit_file" },
    input: {
      file_path: "src/claw.ts",
      old_text: "let a;\nlet b;\nlet c;",
      new_text: "let a;\nlet d;\nlet c;",
    },
  },
  {
    callId: "c3",
    toolName: "write_file",
    input: { file_path: "claw.py", content: "def claw():\n    pass\n" },
  },
];

/** Calls three tools in one turn; the last one is over when `next` is called. */
function callsThree(): { answer: Answer; next: () => void } {
  const steps = { next: () => {} };
  const answer: Answer = async (_, { show }) => {
    const done = (index: number, output: string, result = {}) => {
      const { callId = "", toolName = "" } = calls[index] ?? {};
      show({ type: "tool_done", id: callId, callId, toolName, output, isError: false, timestamp, ...result });
    };
    show({ type: "assistant_message", id: "a1", content: "", toolCalls: calls, timestamp });
    for (const call of calls) show({ type: "tool_start", ...call });
    done(1, "Replaced.", { durationMs: 12 });
    done(2, "Written.");
    show({ type: "tool_output", callId: "c1", content: "one\n" });
    show({ type: "tool_output", callId: "c1", content: "two\n" });
    await new Promise<void>((resolve) => {
      steps.next = resolve;
    });
    const lines = Array.from({ length: 60 }, (_, index) => `line ${index + 1}`);
    done(0, lines.join("\n"), { isError: true, exitCode: 2, durationMs: 61_500 });
    show({ type: "assistant_message", id: "a2", content: "It failed.", timestamp });
  };
  return { answer, next: () => steps.next() };
}

describe.skipIf(whyNoBrowser)("tool calls", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  test("show their live output, and fold into one line with the failures", async () => {
    const { answer, next } = callsThree();
    await using gateway = await startGateway({ answer });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await say(page, "build");
    await page.getByText("one\ntwo").waitFor();
    await eventually(async () => (await rowsOf(page)).at(-1)).toBe(
      "3 tool calls: bash, edit_file, write_file bash make Running command make Output one two " +
        "edit_file src/claw.ts 12ms Done write_file claw.py Done",
    );

    next();
    await page.getByRole("main").getByText("It failed.").waitFor();

    await eventually(async () => (await rowsOf(page)).at(-2)).toBe(
      "3 tool calls: bash, edit_file, write_file 1 failed",
    );
    await page.locator(".tools > summary").click();
    await eventually(async () => (await rowsOf(page)).at(-2)).toBe(
      "3 tool calls: bash, edit_file, write_file 1 failed bash make exit 2 · 1m 2s Failed " +
        "edit_file src/claw.ts 12ms Done write_file claw.py Done",
    );
    expect(tab.complaints).toEqual([]);
  });

  test("show an edit as a diff, a file in its colours, and a part of a long output", async () => {
    const { answer, next } = callsThree();
    await using gateway = await startGateway({ answer });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await say(page, "build");
    await page.getByText("one\ntwo").waitFor();
    next();
    await page.locator(".answer-end").waitFor();
    await page.locator(".tools > summary").click();
    for (const card of await page.locator(".tool > summary").all()) await card.click();

    expect(await page.locator(".diff > *").allTextContents()).toEqual([
      " let a;\n",
      "-let b;\n",
      "+let d;\n",
      " let c;\n",
    ]);
    expect(await page.locator(".diff > del").allTextContents()).toEqual(["-let b;\n"]);
    await eventually(() => page.locator(".tool .hljs-title").allInnerTexts()).toEqual(["claw"]);
    const output = page.locator(".tool-output pre").first();
    const heightOf = async () => (await output.boundingBox())?.height ?? 0;
    const folded = await heightOf();
    await page.getByRole("button", { name: "Show all 60 lines" }).click();
    expect(await heightOf()).toBeGreaterThan(2 * folded);
    await page.getByRole("button", { name: "Show less" }).click();
    expect(await heightOf()).toBe(folded);
  });

  test("stay as the reader left them", async () => {
    const { answer, next } = callsThree();
    await using gateway = await startGateway({ answer });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await say(page, "build");
    await page.getByText("one\ntwo").waitFor();
    const isOpen = () =>
      page
        .locator("details.tools, details.tool")
        .evaluateAll((all) => all.map((one) => one.hasAttribute("open")));
    expect(await isOpen()).toEqual([true, true, false, false]);

    await page.locator(".tools > summary").click();
    await page.locator(".tools > summary").click();
    await page.locator(".tool > summary").nth(1).click();
    next();
    await page.getByRole("main").getByText("It failed.").waitFor();

    expect(await isOpen()).toEqual([true, false, true, false]);
  });
});
