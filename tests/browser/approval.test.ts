import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually, launchBrowser, openPage, rowsOf, say, whyNoBrowser } from "./browser.ts";
import { type Answer, startGateway } from "./test-gateway.ts";

const timestamp = 1;
const call = { callId: "c1", toolName: "bash", input: { command: "rm -r build" } };

const asksFirst: Answer = async (_, { show, ask }) => {
  show({ type: "assistant_message", id: "a1", content: "I would clean up.", toolCalls: [call], timestamp });
  const decision = await ask(call, "Run rm -r build");
  const isError = decision === "deny";
  const output = isError ? "denied" : "gone";
  const denied = isError ? { isDenied: true } : {};
  show({
    type: "tool_done",
    id: "t1",
    callId: "c1",
    toolName: "bash",
    output,
    isError,
    ...denied,
    timestamp,
  });
  show({ type: "assistant_message", id: "a2", content: `You said: ${decision}.`, timestamp });
};

describe.skipIf(whyNoBrowser)("a tool call that asks", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  test("is in sight on a phone, though what is below the conversation grows", async () => {
    await using gateway = await startGateway({ answer: asksFirst });
    const viewport = { width: 360, height: 560 };
    await using tab = await openPage(browser, gateway.url, { viewport, hasTouch: true, isMobile: true });
    const { page } = tab;
    await say(page, "clean up");
    const deny = page.getByRole("button", { name: "Deny" });
    await deny.waitFor();

    await eventually(async () => {
      const [button, footer] = await Promise.all([deny.boundingBox(), page.locator("footer").boundingBox()]);
      return button && footer ? button.y + button.height <= footer.y : undefined;
    }).toBe(true);
    await deny.click();
    await page.getByRole("main").getByText("You said: deny.").waitFor();
    expect(tab.complaints).toEqual([]);
  });

  test.each([
    ["Allow once", "once", "Done"],
    ["Allow in this chat", "session", "Done"],
    ["Deny", "deny", "Denied"],
  ])("waits for %s, through a reload", async (name, decision, phase) => {
    await using gateway = await startGateway({ answer: asksFirst });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await say(page, "clean up");
    await page.getByText("Allow this? Run rm -r build").first().waitFor();
    await page.reload();
    // The card comes folded with its call and opens with the question: text of what is folded is
    // not seen.
    await eventually(() => page.locator(".tool pre").first().innerText()).toBe("rm -r build");

    await page.getByRole("button", { name }).click();
    await page.getByRole("main").getByText(`You said: ${decision}.`).waitFor();

    expect(await page.getByRole("button", { name }).count()).toBe(0);
    await eventually(() => page.locator(".tool-phase").innerText()).toBe(phase);
    await eventually(async () => (await rowsOf(page)).at(-1)).toBe(
      `assistant: Assistant: You said: ${decision}.`,
    );
    expect(tab.complaints).toEqual([]);
  });

  test.each([
    ["en-US", "TOOL_CALL", "Allow this? bash wants to run."],
    ["zh-CN", "TOOL_CALL", "允许此操作？bash 请求运行。"],
    ["zh-CN", "PROTECTED_FILE", "允许此操作？智能体请求修改 .git/config。"],
    ["zh-CN", "OWN_CODE", "允许此操作？bash wants to run"],
  ])("asks in the language of the page (%s) if it knows the code %s", async (locale, code, question) => {
    const path = { ...call, input: { file_path: ".git/config" } };
    const answer: Answer = async (_, { show, ask }) => {
      show({ type: "assistant_message", id: "a1", content: "", toolCalls: [path], timestamp });
      await ask(call, "bash wants to run", code);
    };
    await using gateway = await startGateway({ answer });
    await using tab = await openPage(browser, gateway.url, { locale });
    await say(tab.page, "clean up");

    await eventually(() => tab.page.locator(".approval p").innerText()).toContain(question);
  });
});
