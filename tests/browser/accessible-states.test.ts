import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openAccessiblePage } from "./accessible-page.ts";
import { findingsOn, looks } from "./axe.ts";
import { launchBrowser, openPage, say, whyNoBrowser } from "./browser.ts";
import { type Answer, startGateway } from "./test-gateway.ts";

const timestamp = 1;
const pixel =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

const rich = [
  "<details>\n<summary>More</summary>\n\n- inside of **it**\n\n</details>",
  "<details open>\n<summary>Less</summary>\n\n`code` and [a link](https://example.com/)\n\n</details>",
  "A formula \\(x^2\\), a note[^1], ~~old~~ and <kbd>Ctrl</kbd>.",
  "$$\n\\sum_{i=1}^n i\n$$",
  "- [ ] open\n- [x] done",
  `![a dot](data:image/png;base64,${pixel})`,
  "[^1]: The source.",
].join("\n\n");

/** Shows every part that the page can open: thoughts, calls, their files, a sub-agent and steps. */
const showsParts: Answer = async (_, { show, stopped }) => {
  const calls = [
    { callId: "c1", toolName: "task", input: { description: "Look", prompt: "Look at it." } },
    { callId: "c2", toolName: "bash", input: { command: "make" } },
    { callId: "c3", toolName: "edit_file", input: { file_path: "a.ts", old_string: "a", new_string: "b" } },
    { callId: "c4", toolName: "draw", input: {} },
  ];
  const steps = [
    { text: "Read", state: "done" },
    { text: "Write", state: "active" },
    { text: "Test", state: "open" },
  ] as const;
  const image = { type: "image", mediaType: "image/png", data: pixel, name: "dot.png" } as const;
  const text = { type: "document", mediaType: "text/plain", data: "aGk=", name: "a.txt" } as const;
  show({ type: "todo_updated", items: [...steps], timestamp });
  show({ type: "thinking", messageId: "a1", content: "Hm." });
  show({ type: "assistant_message", id: "a1", content: rich, toolCalls: calls, timestamp });
  for (const [index, call] of calls.entries()) {
    const { callId, toolName } = call;
    show({ type: "tool_start", ...call });
    const failed = toolName === "bash" ? { isError: true, exitCode: 2 } : { isError: false };
    const done = { id: `t${index}`, callId, toolName, output: "\u001b[31mred\u001b[0m", timestamp };
    show({
      ...{ type: "tool_done", ...done, ...failed },
      ...(toolName === "task" && { taskSessionId: "task-1" }),
      ...(toolName === "draw" && { blocks: [image, text] }),
    });
  }
  show({ type: "chunk", messageId: "a2", content: "and" });
  await stopped;
  show({ type: "assistant_message", id: "a2", content: "and", partial: "aborted", timestamp });
};

const rows = Array.from({ length: 60 }, (_, index) => `| ${index} | *words* |`);
const items = Array.from({ length: 60 }, (_, index) => `  1. item ${index}`);
/** A table and a list that are cut into parts. */
const long = ["| a | b |", "| --- | --: |", ...rows, "", "- top", ...items].join("\n");

const answers: Record<string, Answer> = {
  long: async (_, { show }) => show({ type: "assistant_message", id: "a1", content: long, timestamp }),
  parts: showsParts,
  fails: () => {
    throw new Error("no model");
  },
};
const answer: Answer = (message, run) =>
  answers[message.content]?.(message, run) ??
  run.show({ type: "assistant_message", id: "a1", content: "A unicorn.", timestamp });

describe.skipIf(whyNoBrowser)("for everybody, in the states of a conversation", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  test.each(looks)("axe finds nothing in what can be opened: %s", async (_, options) => {
    await using opened = await openAccessiblePage(browser, options, answer);
    const { page } = opened;
    const check = (state: string) => opened.check(state);
    await say(page, "unicorn?");
    await page.locator(".answer-end > button:visible").first().click();
    await page.locator(".versions:visible").waitFor();
    await check("versions of an answer");

    await say(page, "long");
    await page.locator(".continued .resumed").waitFor();
    await check("a table and a list of several parts");

    await say(page, "fails");
    await page.locator(".notice.error").waitFor();
    await check("a failure");

    await say(page, "parts");
    await page.locator(".assistant.streaming").waitFor();
    await page.locator(".math.drawn").nth(1).waitFor();
    await check("an answer with folded parts");
    await page.locator("details").evaluateAll((all) => {
      for (const one of all) (one as HTMLDetailsElement).open = true;
    });
    await check("an answer with open parts");

    await page.locator("textarea").fill("later");
    await page.locator("form.composer .send").click();
    await page.locator(".row.waiting").waitFor();
    await page.locator("input[type=file]").setInputFiles([
      { name: "dot.png", mimeType: "image/png", buffer: Buffer.from(pixel, "base64") },
      { name: "music.mp3", mimeType: "audio/mpeg", buffer: Buffer.from([0xff, 0xfb, 0x90, 0x00]) },
    ]);
    await page.locator(".attachment img").waitFor();
    await page.locator(".attach-problem:not(:empty)").waitFor();
    await check("a message that waits, and attachments with an error");

    await page.locator("button.image").first().click();
    await page.locator("dialog.enlarged").waitFor();
    await check("an enlarged image");
    // Esc closes the image and does not stop the answer.
    await page.keyboard.press("Escape");
    await page.locator("form.composer .stop").click();
    await page.locator(".assistant .mark:not([hidden])").waitFor();
    await check("an answer that was stopped");

    await opened.toggleSidebar();
    await page.getByRole("searchbox").fill("unicorn");
    await page.locator(".session-excerpt mark").first().waitFor();
    await check("hits of a search");
    await page.locator(".sessions a").first().click();
    await page.locator(".row:focus").waitFor();
    await check("a message that a search found");

    await opened.toggleSidebar();
    await page.locator(".settings .keys-opener").first().click();
    await page.locator(".app-settings[open] section").first().waitFor();
    await page.locator(".app-settings details").evaluateAll((all) => {
      for (const one of all) (one as HTMLDetailsElement).open = true;
    });
    await check("each section of the settings");

    expect(opened.findings()).toEqual([]);
  });

  test.each(looks)("axe finds nothing in what asks for a login: %s", async (_, options) => {
    const findings: Record<string, string[]> = {};
    for (const [state, status] of [
      ["token", { login: 401, sessions: 401 }],
      ["refused", { login: 404, sessions: 403 }],
    ] as const) {
      await using gateway = await startGateway({
        loginUrl: "/sign-in",
        serve: ({ url = "" }, response) => {
          const name = /^\/(login|sessions)\b/.exec(url)?.[1];
          if (name !== "login" && name !== "sessions") return false;
          response.writeHead(status[name]).end();
          return true;
        },
      });
      gateway.isLocked = true;
      await using tab = await openPage(browser, gateway.url, options);
      await tab.page.locator(".login:visible").waitFor();
      findings[state] = await findingsOn(tab.page);
    }

    expect(findings).toEqual({ token: [], refused: [] });
  });
});
