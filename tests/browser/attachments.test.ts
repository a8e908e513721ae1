import type { FileBlock } from "@mini-openclaw/protocol";
import { filesOf } from "@mini-openclaw/protocol";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually, launchBrowser, openPage, type TestPage, whyNoBrowser } from "./browser.ts";
import { pngOf } from "./png.ts";
import { type Answer, startGateway } from "./test-gateway.ts";

const small = pngOf(16);
const large = pngOf(256);

/** An agent that notes the files it got, and returns them from a tool. */
function mirror() {
  const seen: FileBlock[][] = [];
  const answer: Answer = (message, { show }) => {
    const files = filesOf(message) ?? [];
    seen.push(files);
    const call = { callId: "c1", toolName: "mirror", input: {} };
    show({ type: "assistant_message", id: "a1", content: "", timestamp: 1, toolCalls: [call] });
    show({ type: "tool_start", callId: "c1", toolName: "mirror", input: {} });
    const done = { callId: "c1", toolName: "mirror", output: "[files]", isError: false, timestamp: 1 };
    show({ type: "tool_done", id: "t1", ...done, blocks: [{ type: "text", text: "" }, ...files] });
    show({ type: "assistant_message", id: "a2", content: "Seen.", timestamp: 1 });
  };
  return { seen, answer };
}

const bytesOf = (files: readonly FileBlock[] | undefined) =>
  files?.map(({ data = "" }) => Buffer.from(data, "base64"));

/** Sends files to the page as a paste or a drop does. */
function give(page: Page, how: "paste" | "drop", files: { name: string; type: string; bytes: Buffer }[]) {
  const given = files.map(({ bytes, ...file }) => ({ ...file, data: bytes.toString("base64") }));
  return page.evaluate(
    ([kind, list]) => {
      const transfer = new DataTransfer();
      for (const { name, type, data } of list) {
        const content = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
        transfer.items.add(new File([content], name, { type }));
      }
      const options = { bubbles: true, cancelable: true };
      const target = document.querySelector("textarea");
      target?.dispatchEvent(
        kind === "paste"
          ? new ClipboardEvent("paste", { ...options, clipboardData: transfer })
          : new DragEvent("drop", { ...options, dataTransfer: transfer }),
      );
    },
    [how, given] as const,
  );
}

/** The complaints but for routes that this gateway does not have, such as `/readyz`. */
const violationsOf = ({ complaints }: TestPage) => complaints.filter((text) => !text.includes("404"));

/** The width of each image in its own pixels; 0 for one that was not loaded. */
const widthsOf = (page: Page, selector: string) =>
  page
    .locator(selector)
    .evaluateAll((images) => images.map((image) => (image as HTMLImageElement).naturalWidth));

if (whyNoBrowser) console.warn(`The browser tests are skipped: ${whyNoBrowser}.`);

describe.skipIf(whyNoBrowser)("attachments", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  test("go from the button to the model byte for byte, back out of a tool, and are enlarged", async () => {
    const { seen, answer } = mirror();
    await using gateway = await startGateway({ answer, servesHttp: true });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await page.getByText("Connected").waitFor();
    await page.locator("input[type=file]").setInputFiles([
      { name: "small.png", mimeType: "image/png", buffer: small },
      { name: "large.png", mimeType: "image/png", buffer: large },
      { name: "notes.md", mimeType: "text/markdown", buffer: Buffer.from("# 龙") },
      { name: "wrong.png", mimeType: "image/png", buffer: small },
    ]);
    await page.getByRole("button", { name: "Remove wrong.png" }).click();
    expect(await page.locator(".attachment .file-name").allInnerTexts()).toEqual([
      "small.png",
      "large.png",
      "notes.md",
    ]);
    await page.locator("textarea").fill("what is this?");
    await page.locator("textarea").press("Enter");
    await page.locator(".markdown").getByText("Seen.").waitFor();

    expect(bytesOf(seen[0])).toEqual([small, large, Buffer.from("# 龙")]);
    expect(seen[0]?.map(({ name, mediaType }) => [name, mediaType])).toEqual([
      ["small.png", "image/png"],
      ["large.png", "image/png"],
      ["notes.md", "text/plain"],
    ]);
    expect(await page.locator(".attachment").count()).toBe(0);
    await page.reload();
    await page.locator(".markdown").getByText("Seen.").waitFor();
    await eventually(() => widthsOf(page, ".user .image img")).toEqual([16, 256]);
    await page.locator(".tool summary").first().click();
    await eventually(() => widthsOf(page, ".tool .image img")).toEqual([16, 256]);
    expect(await page.locator(".user .bubble").innerText()).toBe("what is this?");
    expect(await page.locator(".user a.file").getAttribute("download")).toBe("notes.md");

    await page.locator(".user .image").nth(1).click();
    const dialog = page.getByRole("dialog", { name: "large.png" });
    await dialog.waitFor();
    expect(await widthsOf(page, "dialog img")).toEqual([256]);
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    expect(violationsOf(tab)).toEqual([]);
  });

  test("of an answer are shown below its text, also after a reload", async () => {
    const blocks = [
      { type: "text" as const, text: "Two cats." },
      ...[small, large].map((bytes) => ({
        ...{ type: "image" as const, mediaType: "image/png", data: bytes.toString("base64") },
      })),
    ];
    const content = "Two cats.\n[image: image/png, 1 kB]\n[image: image/png, 197 kB]";
    const answer: Answer = (_message, { show }) =>
      show({ type: "assistant_message", id: "a1", content, timestamp: 1, blocks });
    await using gateway = await startGateway({ answer, servesHttp: true });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await page.getByText("Connected").waitFor();
    await page.locator("textarea").fill("draw");
    await page.locator("textarea").press("Enter");

    await eventually(() => widthsOf(page, ".assistant .image img")).toEqual([16, 256]);
    await page.reload();
    await eventually(() => widthsOf(page, ".assistant .image img")).toEqual([16, 256]);
    expect(await page.locator(".assistant .markdown").innerText()).toBe("Two cats.");
    expect(violationsOf(tab)).toEqual([]);
  });

  test.each(["paste", "drop"] as const)("come by %s, and may be the whole message", async (how) => {
    const { seen, answer } = mirror();
    await using gateway = await startGateway({ answer, servesHttp: true });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await page.getByText("Connected").waitFor();
    await give(page, how, [{ name: "a.png", type: "image/png", bytes: small }]);
    await page.locator(".attachment img").waitFor();
    await page.getByRole("button", { name: "Send" }).click();
    await page.locator(".markdown").getByText("Seen.").waitFor();
    expect(bytesOf(seen[0])).toEqual([small]);
    expect(await page.locator(".user .bubble").isVisible()).toBe(false);
    expect(violationsOf(tab)).toEqual([]);
  });

  test.each([
    ["en", /large\.pdf is too large\. A file may have at most 5\.2MB\..*music\.mp3 cannot be attached/],
    ["zh-CN", /large\.pdf 太大，单个文件最多 5\.2 MB。.*无法添加 music\.mp3/],
  ])("that are refused are named with the limit in words (%s)", async (locale, words) => {
    await using gateway = await startGateway({ servesHttp: true });
    await using tab = await openPage(browser, gateway.url, { locale });
    const { page } = tab;
    await page.locator("textarea").fill("kept");
    await page.locator("input[type=file]").setInputFiles([
      {
        name: "large.pdf",
        mimeType: "application/pdf",
        buffer: Buffer.concat([Buffer.from("%PDF-1.7\n"), Buffer.alloc(5_300_000)]),
      },
      { name: "music.mp3", mimeType: "audio/mpeg", buffer: Buffer.from([0xff, 0xfb, 0x90, 0x00]) },
    ]);
    await eventually(() => page.locator(".attach-problem").innerText()).toMatch(words);
    expect(await page.locator("textarea").inputValue()).toBe("kept");
    expect(await page.locator(".attachment").count()).toBe(0);
  });

  test("of a photograph that is too large are made smaller, and more than 20 are refused", async () => {
    const { seen, answer } = mirror();
    await using gateway = await startGateway({ answer, servesHttp: true });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await page.getByText("Connected").waitFor();
    await page.locator("input[type=file]").setInputFiles([
      { name: "photo.png", mimeType: "image/png", buffer: pngOf(1500) },
      ...Array.from({ length: 20 }, (_, index) => ({
        name: `${index}.png`,
        mimeType: "image/png",
        buffer: small,
      })),
    ]);
    await eventually(() => page.locator(".attach-problem").innerText()).toBe(
      "A message may have at most 20 files. Send several messages.",
    );
    await page.getByRole("button", { name: "Send" }).click();
    await page.locator(".markdown").getByText("Seen.").waitFor();
    expect(seen[0]).toHaveLength(20);
    expect(seen[0]?.[0]?.mediaType).toBe("image/jpeg");
  });

  test("stay with their session", async () => {
    await using gateway = await startGateway({ answer: mirror().answer, servesHttp: true });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await page.getByText("Connected").waitFor();
    await page.locator("textarea").fill("first");
    await page.locator("textarea").press("Enter");
    await page.locator(".markdown").getByText("Seen.").waitFor();
    await give(page, "paste", [{ name: "a.png", type: "image/png", bytes: small }]);
    await page.locator(".attachment img").waitFor();
    await page.getByRole("button", { name: "New chat" }).click();
    await eventually(() => page.locator(".attachment").count()).toBe(0);
    await page.locator(".sessions a").first().click();
    await page.locator(".attachment img").waitFor();
  });

  test("whose blob is missing become a word, and no other image suffers", async () => {
    await using gateway = await startGateway({ answer: mirror().answer, servesHttp: true });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await page.getByText("Connected").waitFor();
    await page.route("**/blobs/**", (route) => route.fulfill({ status: 404, body: "{}" }));
    await page.locator("input[type=file]").setInputFiles([
      { name: "small.png", mimeType: "image/png", buffer: small },
      { name: "large.png", mimeType: "image/png", buffer: large },
    ]);
    await page.locator(".attachment img").nth(1).waitFor();
    await page.getByRole("button", { name: "Send" }).click();
    await page.locator(".markdown").getByText("Seen.").waitFor();
    await page.reload();
    await eventually(() => page.locator(".user .file.missing").allInnerTexts()).toEqual([
      "large.png is missing",
    ]);
    await eventually(() => widthsOf(page, ".user .image img")).toEqual([16]);
  });
});
