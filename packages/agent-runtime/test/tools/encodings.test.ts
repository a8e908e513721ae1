import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import iconv from "iconv-lite";
import { describe, expect, test } from "vitest";
import { createBuiltinTools, createRememberTool, MemoryManager } from "../../src/index.ts";
import { temporaryDirectory } from "../temporary-directory.ts";
import { callTool } from "./call-tool.ts";

const utf16 = (text: string, isBigEndian: boolean) => {
  const bytes = Buffer.from(`\uFEFF${text}`, "utf16le");
  return isBigEndian ? bytes.swap16() : bytes;
};

/** A workspace with one file, and the tools on it. */
async function fileOf(bytes: Buffer, name = "a.txt") {
  const workspace = await temporaryDirectory();
  const path = join(workspace.path, name);
  await writeFile(path, bytes);
  const tools = createBuiltinTools(workspace.path);
  const call = (tool: string, input: Record<string, unknown>) =>
    callTool(
      tools.find((one) => one.name === tool),
      { file_path: name, ...input },
    );
  return {
    ...workspace,
    path: workspace.path,
    call,
    bytes: () => readFile(path),
    [Symbol.asyncDispose]: () => workspace[Symbol.asyncDispose](),
  };
}

/** Encodings whose files are read as another one that has the same bytes for the text. */
test.each([
  ["GB18030", "gb18030", "# 会议记录：㐀 与 你好\n第二行\n"],
  ["ISO-8859-1", "iso-8859-1", "Der Müller übt schön für große Füße\n"],
  ["ISO-8859-2", "iso-8859-2", "Zażółć gęślą jaźń, proszę państwa\n".repeat(3)],
  ["ISO-8859-15", "iso-8859-15", "Une élève à l'école, où ça va\n"],
  ["Windows-1250", "win1250", "Příliš žluťoučký kůň úpěl ďábelské ódy\n".repeat(3)],
  ["Windows-1254", "win1254", "Türkçe için güzel bir örnek: ışık, şeker, çağ\n".repeat(3)],
])("an edit in %s changes its own bytes only", async (_, encoding, text) => {
  const bytes = iconv.encode(`first = 1\n${text}last = 2\n`, encoding);
  await using file = await fileOf(bytes);
  await file.call("edit_file", { old_text: "first = 1", new_text: "first = 10" });
  await file.call("edit_file", { old_text: "last = 2\n", new_text: "" });
  expect(await file.bytes()).toEqual(iconv.encode(`first = 10\n${text}`, encoding));
});

const encode = (encoding: string) => (text: string) => iconv.encode(text, encoding);

const texts: [encoding: string, encode: (text: string) => Buffer, text: string, added: string][] = [
  ["UTF-16LE", (text) => utf16(text, false), "我喜欢茶。\nsecond\n", "咖啡"],
  ["UTF-16BE", (text) => utf16(text, true), "我喜欢茶。\nsecond\n", "咖啡"],
  ["GBK", encode("gbk"), "你好，中国\n第二行\n", "再见"],
  ["GBK", encode("gbk"), "# config\nname = 会议记录\nport = 80\n", "备注"],
  ["Shift_JIS", encode("shift_jis"), "日本語のメモです。\nテスト\n", "終わり"],
  ["EUC-JP", encode("euc-jp"), "日本語のメモです。\nテスト\n", "終わり"],
  ["EUC-KR", encode("euc-kr"), "회의는 내일 오전 9시입니다.\n메모\n", "끝"],
  ["Big5", encode("big5"), "會議記錄：明天上午九點開會。\n第二行\n", "再見"],
  ["Windows-1252", encode("win1252"), "Der Müller übt schön für große Füße – 5 €\n", "Äpfel"],
  ["Windows-1252", encode("win1252"), "café\n", "thé"],
  ["Windows-1251", encode("win1251"), "Заметки о встрече\nпривет, мир\n", "пока"],
  ["EUC-KR", encode("euc-kr"), "# 설정\nname = 회의록\nport = 80\n", "비고"],
  ["Big5", encode("big5"), "# config\nname = 會議記錄\nport = 80\n", "備註"],
  ["Shift_JIS", encode("shift_jis"), "# config\nname = 議事録\nport = 80\n", "備考"],
  ["KOI8-R", encode("koi8-r"), "Заметки о встрече\nпривет, мир\n", "пока"],
];

describe.each(texts)("a file in %s", (encoding, toBytes, text, added) => {
  test("is shown as text, with its encoding", async () => {
    await using file = await fileOf(toBytes(text));
    const { output } = await file.call("read_file", {});
    const lines = text.trimEnd().split("\n");
    expect(output).toBe(
      lines.map((line, index) => `${String(index + 1).padStart(6)}\t${line}\n`).join("") +
        `[encoding ${encoding}${encoding.startsWith("UTF-16") ? " with a byte order mark" : ""}; edits keep this]`,
    );
  });

  test("keeps its bytes when what was shown is written back", async () => {
    await using file = await fileOf(toBytes(text));
    await file.call("write_file", { content: text });
    expect(await file.bytes()).toEqual(toBytes(text));
    await file.call("write_file", { content: `${text}${added}\n` });
    expect(await file.bytes()).toEqual(toBytes(`${text}${added}\n`));
  });

  test.each(["\n", "\r\n"])("is edited in its encoding, with its line ends: %j", async (end) => {
    const original = text.replaceAll("\n", end);
    await using file = await fileOf(toBytes(original));
    const [first = ""] = text.split("\n");
    const result = await file.call("edit_file", {
      old_text: `${first}\n`,
      new_text: `${first}\n${added}\n`,
    });
    expect(result.isError).toBe(false);
    expect(await file.bytes()).toEqual(toBytes(original.replace(end, `${end}${added}${end}`)));
  });
});

test.each([
  ["GBK", "gbk", "读取文件"],
  ["GBK", "gbk", "你好"],
  ["GBK", "gbk", "中文"],
  ["Shift_JIS", "shift_jis", "設定"],
  ["Shift_JIS", "shift_jis", "テスト"],
  ["EUC-KR", "euc-kr", "설정"],
  ["Big5", "big5", "檔案"],
  ["Windows-1252", "win1252", "Müller"],
  ["Windows-1252", "win1252", "señor, año"],
  ["Windows-1252", "win1252", "© 10 €"],
  ["EUC-KR", "euc-kr", "목록"],
  ["EUC-JP", "euc-jp", "会議資料"],
  ["EUC-JP", "euc-jp", "東京都"],
  ["EUC-JP", "euc-jp", "漢字"],
  ["EUC-JP", "euc-jp", "株式会社"],
  ["Big5", "big5", "會議"],
  ["Big5", "big5", "繁體中文"],
  ["Windows-1251", "win1251", "Привет"],
  ["KOI8-R", "koi8-r", "Привет"],
])("code whose only text beyond ASCII is a word is read in %s: %s %s", async (name, encoding, word) => {
  const code = `import os\n\ndef main(path):\n    # ${word}\n    return os.listdir(path)\n`;
  await using file = await fileOf(iconv.encode(code, encoding));
  const { output } = await file.call("read_file", {});
  expect(output).toContain(`    # ${word}\n`);
  expect(output).toContain(`[encoding ${name}; edits keep this]`);
  await file.call("edit_file", { old_text: "listdir", new_text: "scandir" });
  expect(await file.bytes()).toEqual(iconv.encode(code.replace("listdir", "scandir"), encoding));
});

describe("a file that is no text", () => {
  const elf = Buffer.from("7f454c4602010100000000000000000003003e000100000030a00000001f15c489", "hex");
  const damaged = Buffer.concat([Buffer.from("héllo wörld, ça va très bien\n"), Buffer.from([0xff, 0x0a])]);
  const far = Buffer.concat([Buffer.from("é plain text\n".repeat(20_000)), Buffer.from([0xc3, 0x0a])]);
  test.each([
    ["a program", elf],
    ["a sound without zeros", Buffer.from("fffb900102030405060708090a0b0c0e0f101112ffd9", "hex")],
    ["UTF-8 with a byte that is not", damaged],
    ["UTF-8 with such a byte beyond what is read at a time", far],
    ["UTF-16 with half a character", Buffer.from([0xff, 0xfe, 0x41, 0x00, 0x00, 0xd8, 0x0a, 0x00])],
    ["UTF-16 with an odd byte", Buffer.from([0xff, 0xfe, 0x41, 0x00, 0x0a])],
    ["a mark of UTF-8 and bytes that are not", Buffer.from([0xef, 0xbb, 0xbf, 0xff, 0x0a])],
    ["ISO-2022-JP", Buffer.from("world \u001b$B$3$s\u001b(B\n")],
    ["ISO-2022-KR", Buffer.from("\u001b$)C\u000e>H\u000f world\n")],
  ])("is refused: %s", async (_, bytes) => {
    await using file = await fileOf(bytes);
    const results = [
      await file.call("read_file", { offset: 20_000 }),
      await file.call("edit_file", { old_text: "wörld", new_text: "moon" }),
    ];
    for (const { output, isError } of results) {
      expect(output).toMatch(/^The tool failed: a\.txt is not a text file: .*Use `bash`/);
      expect(isError).toBe(true);
    }
    expect(await file.bytes()).toEqual(bytes);
  });
});

test.each([
  ["GBK", encode("gbk")("你好，中国\n第二行\n"), "😀", 'hold "😀" \\(U\\+1F600\\)'],
  ["Shift_JIS", encode("shift_jis")("日本語のメモです。\n"), "한", 'hold "한" \\(U\\+D55C\\)'],
  ["UTF-8", Buffer.from("plain\n"), "\ud83d", "hold half a character \\(U\\+D83D\\)"],
])(
  "a character that %s cannot hold is refused, and nothing is written",
  async (_, bytes, character, reason) => {
    await using file = await fileOf(bytes);
    const { output, isError } = await file.call("write_file", { content: `a ${character}\n` });
    expect(output).toMatch(new RegExp(reason));
    expect(isError).toBe(true);
    expect(await file.bytes()).toEqual(bytes);
  },
);

describe("line ends and marks", () => {
  const mark = Buffer.from([0xef, 0xbb, 0xbf]);
  test.each([
    ["two lines of a CRLF file", "a\r\nb\r\nc\r\n", "a\nb", "x\ny\nz", "x\r\ny\r\nz\r\nc\r\n"],
    ["a CRLF file without a last line end", "a\r\nb", "b\n", "c\n", "a\r\nc"],
    ["a last line without an end, as it is shown", "a\nb", "a\nb\n", "x\n", "x"],
    ["the end of a line that has none, to give it one", "a\nb", "b", "b\n", "a\nb\n"],
    ["a mixed file, the rest as it is", "a\nb\r\nc\nd\r\n", "b\nc", "B\nC", "a\nB\nC\nd\r\n"],
    ["text that is given with CRLF", "a\nb\n", "a\r\nb", "x\r\ny", "x\ny\n"],
    ["two lines of an old Mac file", "a\rb\rc\r", "a\nb", "x\ny\nz", "x\ry\rz\rc\r"],
    ["the last line of an old Mac file without an end", "a\rb", "b\n", "x\n", "a\rx"],
    ["a last line without an end by one without an end", "a\nb", "b\n", "c", "a\nc"],
    ["a last line without an end by nothing", "a\nb", "b\n", "", "a"],
    ["a last line of a CRLF file without an end by nothing", "a\r\nb", "b\n", "", "a"],
    ["the end of a mixed file that has none", "a\r\nb\r\nc\nd", "c\nd\n", "C\nD\n", "a\r\nb\r\nC\r\nD"],
    ["a CR that ends no line of a CRLF file", "a\r\r\nb\r\n", "a\r", "x", "x\r\nb\r\n"],
    ["a line beside CRs that end none", "a\rb\nc\r\r\n", "c", "x", "a\rb\nx\r\r\n"],
    ["a line with the line ends of Unicode in it", "a\u2028b\u0085c\n", "b", "x", "a\u2028x\u0085c\n"],
    ["a line beside a mark in the middle", "a\uFEFFb\nc\n", "c", "x", "a\uFEFFb\nx\n"],
  ])("edit_file replaces %s", async (_, before, old_text, new_text, after) => {
    for (const start of [Buffer.alloc(0), mark]) {
      await using file = await fileOf(Buffer.concat([start, Buffer.from(before)]));
      expect((await file.call("edit_file", { old_text, new_text })).isError).toBe(false);
      expect(await file.bytes()).toEqual(Buffer.concat([start, Buffer.from(after)]));
    }
  });

  test("replace_all finds each place of a file with a CRLF far behind", async () => {
    await using file = await fileOf(Buffer.from(`${"x\n".repeat(50_000)}\r\n`));
    const { output } = await file.call("edit_file", { old_text: "x", new_text: "y", replace_all: true });
    expect(output).toBe("Replaced 50000 places in a.txt.");
    expect((await file.bytes()).toString()).toBe(`${"y\n".repeat(50_000)}\r\n`);
  });

  test("replace_all finds each place of a mixed file", async () => {
    await using file = await fileOf(Buffer.from("a\nb\r\nc a\r\nb\r\n"));
    const { output } = await file.call("edit_file", {
      old_text: "a\nb",
      new_text: "x\ny\nz",
      replace_all: true,
    });
    expect(output).toBe("Replaced 2 places in a.txt.");
    expect((await file.bytes()).toString()).toBe("x\r\ny\r\nz\r\nc x\r\ny\r\nz\r\n");
  });

  test.each([
    ["half of a CRLF", "a\r\nb\r\n", "a\r"],
    ["a line end in an empty file", "", "\n"],
    ["a line end behind a last line that has one", "a\n", "a\n\n"],
  ])("edit_file does not find %s", async (_, before, old_text) => {
    await using file = await fileOf(Buffer.from(before));
    const { output } = await file.call("edit_file", { old_text, new_text: "x" });
    expect(output).toBe("old_text does not stand in a.txt.");
    expect((await file.bytes()).toString()).toBe(before);
  });

  test("write_file keeps CRLF and the mark of what was there", async () => {
    await using file = await fileOf(Buffer.concat([mark, Buffer.from("a\r\nb\r\n")]));
    const { output } = await file.call("write_file", { content: "x\ny\n" });
    expect(output).toBe("Wrote 9 bytes to a.txt. The file keeps its byte order mark and its CRLF line ends.");
    expect(await file.bytes()).toEqual(Buffer.concat([mark, Buffer.from("x\r\ny\r\n")]));
  });

  test("an old Mac file is read line by line, and keeps its line ends", async () => {
    const lines = Array.from({ length: 9000 }, (_, index) => `line ${index + 1}`);
    await using file = await fileOf(Buffer.from(lines.join("\r")));
    expect((await file.call("read_file", { offset: 8999 })).output).toBe(
      "  8999\tline 8999\n  9000\tline 9000\n[CR line ends; edits keep this]",
    );
    const found = await file.call("grep", { pattern: "line 8999", path: "a.txt" });
    expect(found.output).toBe("a.txt:8999: line 8999\n");
    const { output } = await file.call("write_file", { content: "x\ny\n" });
    expect(output).toBe("Wrote 4 bytes to a.txt. The file keeps its CR line ends.");
    expect((await file.bytes()).toString()).toBe("x\ry\r");
  });

  test("a file with colours is text, although its escape sequences are like those of ISO-2022", async () => {
    await using file = await fileOf(Buffer.from("\u001b[31mred\u001b(B\u001b[m $ costs\u001b$\n"));
    expect((await file.call("edit_file", { old_text: "red", new_text: "blue" })).isError).toBe(false);
    expect((await file.bytes()).toString()).toContain("[31mblue");
  });

  test("a file that holds U+FFFD is edited like any other", async () => {
    await using file = await fileOf(Buffer.from('const bad = "\uFFFD";\nlet x = 1;\n'));
    await file.call("edit_file", { old_text: "x = 1", new_text: "x = 2" });
    expect((await file.bytes()).toString()).toBe('const bad = "\uFFFD";\nlet x = 2;\n');
  });
});

describe("an edit of a file in UTF-8", () => {
  test.each([
    ["between characters of two, three and four bytes", "é你👋z", "你", "好", "é好👋z"],
    ["whose new text has other bytes than ASCII", "a b c\n", "b", "ü👋", "a ü👋 c\n"],
    ["behind the last line, as `read_file` shows it", "é\nü", "ü\n", "ö\n", "é\nö"],
    ["with CRLF line ends", "é\r\nü\r\n", "é\nü", "a\nb", "a\r\nb\r\n"],
  ])("%s keeps all other bytes", async (_, before, old_text, new_text, after) => {
    await using file = await fileOf(Buffer.from(before));
    await file.call("edit_file", { old_text, new_text });
    expect((await file.bytes()).toString()).toBe(after);
  });

  test.each([
    ["a byte within a character", "é", "\u00A9"],
    ["a half of a character, which stands for U+FFFD in UTF-8", "a\uFFFDb", "\uD83D"],
  ])("does not find %s", async (_, text, old_text) => {
    await using file = await fileOf(Buffer.from(text));
    const { output } = await file.call("edit_file", { old_text, new_text: "x" });
    expect(output).toBe("old_text does not stand in a.txt.");
    expect((await file.bytes()).toString()).toBe(text);
  });

  test("refuses a new text with a half of a character", async () => {
    await using file = await fileOf(Buffer.from("a b c"));
    const { isError } = await file.call("edit_file", { old_text: "b", new_text: "\uD83D" });
    expect(isError).toBe(true);
    expect((await file.bytes()).toString()).toBe("a b c");
  });
});

test("an edit whose result would be too large is refused before it is made", async () => {
  await using file = await fileOf(Buffer.from("a".repeat(1_000_000)));
  const { output } = await file.call("edit_file", {
    old_text: "a",
    new_text: "b".repeat(400),
    replace_all: true,
  });
  expect(output).toBe("a.txt would have 400000000 bytes; at most 10485760 are allowed. Nothing was written.");
  expect((await file.bytes()).toString()).toBe("a".repeat(1_000_000));
});

describe.each(texts)("MEMORY.md in %s", (_, toBytes, text, added) => {
  test("is read, and gets notes in its encoding", async () => {
    await using file = await fileOf(toBytes(text.trimEnd().replaceAll("\n", "\r\n")), "MEMORY.md");
    const memory = new MemoryManager({ workspaceDir: file.path });
    const before = text.trimEnd().replaceAll("\n", "\r\n");
    expect(await memory.readLongTerm()).toBe(before);
    const end = before.includes("\r\n") ? "\r\n" : "\n";
    await callTool(createRememberTool(memory), { note: added });
    expect(await file.bytes()).toEqual(toBytes(`${before}${end}- ${added}${end}`));
  });
});

test("a note that MEMORY.md cannot hold is refused, and nothing is written", async () => {
  const bytes = encode("gbk")("你好，中国\n第二行\n");
  await using file = await fileOf(bytes, "MEMORY.md");
  const memory = new MemoryManager({ workspaceDir: file.path });
  const { output } = await callTool(createRememberTool(memory), { note: "likes 😀" });
  expect(output).toContain('MEMORY.md is encoded as GBK, which cannot hold "😀"');
  expect(await file.bytes()).toEqual(bytes);
});
