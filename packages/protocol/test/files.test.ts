import { describe, expect, test } from "vitest";
import type { FileBlock, MessageEntry } from "../src/index.ts";
import { describeFile, emptyView, fileBytes, filesOf, fold, textOf } from "../src/index.ts";
import { checkClientEvent } from "../src/schema.ts";
import { checkFile, mediaTypeOf } from "../src/shared.ts";

const heads = {
  "image/png": Buffer.from("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "latin1"),
  "image/jpeg": Buffer.from("\xff\xd8\xff\xe0\0\x10JFIF\0", "latin1"),
  "image/gif": Buffer.from("GIF89a\x01\0\x01\0\x80\0\0", "latin1"),
  "image/webp": Buffer.from("RIFF\x24\xff\x01\0WEBPVP8 ", "latin1"),
  "application/pdf": Buffer.from("%PDF-1.7\n%\xe2\xe3\xcf\xd3", "latin1"),
} as const;
const png = heads["image/png"].toString("base64");
const check = { field: "blocks[0]", maxBytes: 100 };

describe("the media type of bytes", () => {
  test.each(Object.entries(heads))("is %s by the first bytes", (type, bytes) => {
    expect(mediaTypeOf(bytes.toString("base64"))).toBe(type);
  });

  test.each(["", "GIF90a", "RIFF\x24\0\0\0WAVEfmt ", "%PDX-1.7", "\x89PNX\r\n", "<svg>", "\xff\xd7\xff"])(
    "is unknown for %j",
    (text) => {
      expect(mediaTypeOf(Buffer.from(text, "latin1").toString("base64"))).toBeUndefined();
    },
  );

  test("is that of a GIF of 1987 and of each size of a WebP", () => {
    expect(mediaTypeOf(Buffer.from("GIF87a\x01\0").toString("base64"))).toBe("image/gif");
    for (const byte of [0, 1, 63, 64, 127, 128, 255]) {
      const webp = Buffer.concat([Buffer.from("RIFF"), Buffer.alloc(4, byte), Buffer.from("WEBPVP8L")]);
      expect(mediaTypeOf(webp.toString("base64"))).toBe("image/webp");
    }
  });
});

describe("a file", () => {
  test.each(Object.entries(heads))("of type %s is accepted", (mediaType, bytes) => {
    const type = mediaType.startsWith("image/") ? "image" : "document";
    expect(checkFile({ type, mediaType, data: bytes.toString("base64") }, check)).toBeUndefined();
  });

  test("of plain text is accepted, unless its bytes are those of another type", () => {
    const text = (content: string) => Buffer.from(content).toString("base64");
    const file = { type: "document", mediaType: "text/plain" } as const;
    expect(checkFile({ ...file, data: text("hello") }, check)).toBeUndefined();
    expect(checkFile({ ...file, data: text("%PDF-1.4") }, check)).toBe(
      "`blocks[0].data` must be the bytes of a file of type text/plain, got those of application/pdf. Correct `mediaType`.",
    );
  });

  test.each([
    [
      { mediaType: "image/svg+xml", data: png },
      /^`blocks\[0\]\.mediaType` must be one of .*, got "image\/svg\+xml"/,
    ],
    [{ mediaType: "application/pdf", data: png }, /^`blocks\[0\]\.mediaType` must be one of /],
    [{ mediaType: "image/png", data: "a" }, /^`blocks\[0\]\.data` must be base64 with padding, got "a"/],
    [{ mediaType: "image/png", data: "####" }, /must be base64/],
    [{ mediaType: "image/png", data: "iVBORw0K\n===" }, /must be base64/],
    [{ mediaType: "image/jpeg", data: png }, /got those of image\/png/],
    [{ mediaType: "image/png", data: "aGVsbG8h" }, /got other bytes/],
    [
      { mediaType: "image/png", data: png.replaceAll("=", "A").repeat(10) },
      /must have at most 100 bytes, got \d+\. Send a smaller file\./,
    ],
  ])("is refused: %o", (file, expected) => {
    expect(checkFile({ type: "image", ...file }, check)).toMatch(expected);
  });

  test("may have as many bytes as the limit, and not one more", () => {
    const sized = (bytes: number) => {
      const body = Buffer.concat([heads["image/png"], Buffer.alloc(bytes)]).subarray(0, bytes);
      return { type: "image", mediaType: "image/png", data: body.toString("base64") } as const;
    };
    for (const bytes of [98, 99, 100]) expect(checkFile(sized(bytes), check)).toBeUndefined();
    for (const bytes of [101, 102, 103]) expect(checkFile(sized(bytes), check)).toContain(`got ${bytes}.`);
  });

  test("is refused where no type of its kind is allowed", () => {
    expect(
      checkFile({ type: "image", mediaType: "image/png", data: png }, { ...check, mediaTypes: [] }),
    ).toBe(
      '`blocks[0].mediaType` must be of a type that is allowed here, got "image/png". Convert the file.',
    );
  });

  test.each<[FileBlock, string]>([
    [{ type: "image", mediaType: "image/png", data: "aGk=" }, "[image: image/png, 2 bytes]"],
    [
      { type: "image", mediaType: "image/png", name: "cat.png", blob: "x", bytes: 1200 },
      "[image: cat.png, 1 kB]",
    ],
    [
      { type: "document", mediaType: "application/pdf", bytes: 2_340_000 },
      "[document: application/pdf, 2.3 MB]",
    ],
    [{ type: "document", mediaType: "application/pdf" }, "[document: application/pdf, 0 bytes]"],
  ])("is described in words", (file, expected) => {
    expect(describeFile(file)).toBe(expected);
  });

  test("has the same size inline and as a blob", () => {
    for (const bytes of [0, 1, 2, 3, 4, 1000]) {
      const data = Buffer.alloc(bytes).toString("base64");
      expect(fileBytes({ type: "image", mediaType: "image/png", data })).toBe(bytes);
    }
  });
});

describe("a message with files", () => {
  const image: FileBlock = { type: "image", mediaType: "image/png", data: png };

  test("has the text of its blocks, without the lines for files", () => {
    expect(textOf({ content: "hi\n[image: …]", blocks: [image, { type: "text", text: "hi" }] })).toBe("hi");
    expect(textOf({ content: "[image: …]", blocks: [image, { type: "text", text: "" }] })).toBe("");
    expect(textOf({ content: "what?", blocks: [image] })).toBe("what?");
    expect(textOf({ content: "said", blocks: [{ type: "text", text: "other" }] })).toBe("said");
    expect(filesOf({ blocks: [{ type: "text", text: "hi" }] })).toBeUndefined();
  });

  test("shows its files in the view, in messages, tool results and the queue", () => {
    const common = { id: "u1", runId: "r1", timestamp: 1 };
    const blocks = [image, { type: "text" as const, text: "look" }];
    const user: MessageEntry = { ...common, seq: 1, role: "user", content: "look\n[image]", blocks };
    const call = { callId: "c1", toolName: "snap", input: {} };
    const asks: MessageEntry = {
      ...common,
      id: "a1",
      seq: 2,
      role: "assistant",
      content: "",
      toolCalls: [call],
    };
    const tool: MessageEntry = {
      ...{ ...common, id: "t1", seq: 3, role: "tool", content: "look\n[image]", blocks },
      ...{ callId: "c1", toolName: "snap", isError: false },
    };
    const queued = { type: "message_queued" as const, runId: "r2", content: "x", timestamp: 1, blocks };
    const view = fold(emptyView, {
      ...{ type: "resync", sessionId: "s", epoch: "0", upTo: 3, hasMore: false },
      messages: [user, asks, tool],
      queued: [queued],
    });
    expect(view.items).toMatchObject([
      { kind: "user", content: "look\n[image]", blocks },
      { kind: "tool", output: "look\n[image]", blocks },
    ]);
    expect(view.queued).toMatchObject([{ content: "x", blocks }]);
  });
});

describe("a message command", () => {
  const block = { type: "image", mediaType: "image/png", data: png };

  test("may have files and no text", () => {
    expect(checkClientEvent({ type: "message", content: "", blocks: [block] })).toMatchObject({ ok: true });
    for (const blocks of [undefined, []]) {
      const event = { type: "message", content: "", ...(blocks && { blocks }) };
      expect(checkClientEvent(event)).toMatchObject({ message: "`content` must not be empty." });
    }
  });

  test.each([
    [{ ...block, data: "" }, "`blocks.0.data` must not be empty."],
    [{ ...block, name: "" }, "`blocks.0.name` must not be empty."],
    [{ ...block, name: "x".repeat(201) }, "`blocks.0.name` must have at most 200 characters, got 201."],
    [{ type: "image", mediaType: "image/png" }, "`blocks.0.data` is missing."],
    [{ type: "thinking", text: "hm" }, /^`blocks\.0\.type` must be /],
  ])("names the wrong field of a block: %o", (wrong, message) => {
    const parsed = checkClientEvent({ type: "message", content: "", blocks: [wrong] });
    expect(parsed).toMatchObject({
      ok: false,
      code: "INVALID_FRAME",
      message: expect.stringMatching(message),
    });
  });
});
