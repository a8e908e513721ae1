import { describe, expect, test } from "vitest";
import { cleanText } from "../../src/providers/errors/clean-text.ts";

const key = "sk-live-abcdefgh12345678";

describe("the text of a server's error", () => {
  test.each([
    ["the key", `Incorrect API key provided: ${key}.`],
    ["the beginning of the key", `Incorrect API key provided: ${key.slice(0, 15)}…`],
    ["the key in a header", `{"authorization":"Bearer ${key}"}`],
    ["the key in base64", `auth ${Buffer.from(key).toString("base64")}`],
    ["the key twice", `${key} is not ${key}`],
    ["the key between escape sequences", `sk-live-\u001b[31mabcdefgh12345678`],
    ["the key with a mark in it that nobody sees", `sk-live-\u200babcdefgh12345678`],
  ])("quotes no key: %s", (_, text) => {
    const cleaned = cleanText(text, [key], 300);
    expect(cleaned).toContain("[hidden]");
    expect(cleaned).not.toContain("abcdefgh");
    expect(cleaned).not.toContain(Buffer.from(key).toString("base64"));
  });

  test.each([
    ["a short key in a word", "k", "kind: keep it", "kind: keep it"],
    ["a key of five letters", "abcde", "the key abcde, abcdefg", "the key [hidden], abcdefg"],
    ["a key of another service", "none", "gsk_abcdefghijklmnop is wrong", "[hidden] is wrong"],
    ["a key with an odd form", "a+b/c==d&e f", "a%2Bb%2Fc%3D%3Dd%26e%20f", "[hidden]"],
  ])("hides what is a key and nothing else: %s", (_, secret, text, expected) => {
    expect(cleanText(text, [secret], 300)).toBe(expected);
  });

  test.each([
    ["colours", "\u001b[1;31mred\u001b[0m", "red"],
    ["a title of the terminal", "\u001b]0;owned\u0007text", "text"],
    ["a single control sequence introducer", "\u009b31mred", "red"],
    ["bidirectional marks", "a\u202egnp.exe\u2066b", "agnp.exeb"],
    ["control characters", "a\u0000b\rc\u0085d", "a b c d"],
    ["line breaks", "a\n\n  b", "a b"],
    ["a stack of JavaScript", "TypeError: x\n    at f (/srv/app.js:3:1)\n    at g", "TypeError: x"],
    [
      "a stack of Python",
      'ValueError: x\nTraceback (most recent call last):\n  File "a.py", line 1',
      "ValueError: x",
    ],
  ])("has no %s", (_, text, expected) => {
    expect(cleanText(text, [], 300)).toBe(expected);
  });

  test("is cut, never in the middle of a character", () => {
    expect(cleanText(`${"x".repeat(9)}😀`, [], 10)).toBe("x".repeat(9));
  });

  test.each([
    ["line breaks", "\n"],
    ["escapes", "\u001b"],
    ["open tags", "<style>"],
    ["quotations of the beginning of a key", key.slice(0, 12)],
  ])("takes time in proportion to its length: a megabyte of %s", (_, unit) => {
    const began = process.cpuUsage();
    cleanText(unit.repeat(1_000_000 / unit.length), [key], 300);
    const { user } = process.cpuUsage(began);
    // A quadratic step would take minutes.
    expect(user).toBeLessThan(5_000_000);
  });
});

describe("a key in an odd place", () => {
  const secret = "sk-live-abcdefgh12345678";
  const base64 = (text: string) => Buffer.from(text).toString("base64");

  test.each([
    ["in the query of an address", "GET https://x.example/v1?key=AIzaSyA1234567890abcdefghijk&alt=sse"],
    ["in the query, our own", `GET https://x.example/v1?api_key=${secret}&alt=sse`],
    ["in percent encoding of lower case", "a%2bb%2fc%3d%3dd%26e%20f"],
    ["in base64 behind a user's name", `Authorization: ${base64(`me:${secret}`)}`],
    ["in base64 behind one letter", base64(`x${secret}`)],
    ["in base64 between others", base64(`xy${secret}!`)],
    ["in base64 for addresses", Buffer.from(`>?${secret}`).toString("base64url")],
    ["in hex", Buffer.from(secret).toString("hex")],
    ["by its end alone", `the key that ends in …${secret.slice(-12)}`],
    ["by its middle alone", `…${secret.slice(3, 21)}…`],
    ["in a header that is echoed", `{"x-api-key":"${secret}"}`],
    ["behind Bearer that is split by escapes", `Bear\u001b[0mer \u001b[31mzzzz1111yyyy2222`],
    ["behind Bearer in JSON", `{\\"Authorization\\":\\"Bearer zzzz1111yyyy2222\\"}`],
    ["with a soft hyphen in it", `sk-live-\u00adabcdefgh12345678`],
    ["with a variation selector in it", `sk-live-\ufe0fabcdefgh12345678`],
    ["with a filler in it", `sk-live-\u3164abcdefgh12345678`],
    ["with a tag in it", `sk-live-\u{e0041}abcdefgh12345678`],
    ["of a router's upstream, by its name", `upstream said: api_key="zzzz1111yyyy2222" is wrong`],
    ["of a router's upstream, in words", "Incorrect API key provided: zzzz1111yyyy2222."],
    ["that is a token of JWT", "token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abcdefghijk expired"],
    ["of AWS", "The security token AKIAIOSFODNN7EXAMPLE is invalid"],
  ])("is hidden: %s", (_, text) => {
    const cleaned = cleanText(text, [secret, "a+b/c==d&e f"], 300);
    expect(cleaned).toContain("[hidden]");
    for (const part of ["abcdefgh1", "12345678", "1111yyyy", "b%2fc", "AIzaSyA1", "FODNN7", "eyJzdWI"]) {
      expect(cleaned).not.toContain(part);
    }
    for (const form of [base64(secret), Buffer.from(secret).toString("hex")]) {
      expect(cleaned).not.toContain(form.slice(4, 16));
    }
  });

  test.each([
    "max_tokens: 64000 > 8192, which is the maximum allowed number of output tokens",
    "The deployment gpt-4o-deployment does not exist for api-version 2024-10-21",
    "messages.1.content.0: Invalid `signature` in `thinking` block",
    "authorization: required",
  ])("hides nothing else: %s", (text) => {
    expect(cleanText(text, ["my-local-deployment-key"], 300)).toBe(text);
  });

  test.each([
    ["Java", "boom\n\tat com.example.App.main(App.java:10)\nCaused by: x", "boom"],
    [".NET", "boom\n   at Foo.Bar() in C:\\x.cs:line 12", "boom"],
    ["Go", "panic: boom\n\ngoroutine 1 [running]:\nmain.main()\n\t/x.go:12 +0x1d", "panic: boom"],
    ["Rust", "panicked at x\nstack backtrace:\n   0: core::x", "panicked at x"],
    ["PHP", "boom\n#0 /var/www/x.php(12): foo()", "boom"],
    ["Ruby", "boom\n\tfrom /x.rb:12:in `foo'", "boom"],
    [
      "Python, from the beginning",
      'Traceback (most recent call last):\n  File "a.py", line 1\nValueError: x',
      "ValueError: x",
    ],
    ["JavaScript, escaped twice", "TypeError: x\\n    at f (/srv/app.js:3:1)\\n    at g", "TypeError: x"],
  ])("stands beside no stack: %s", (_, text, expected) => {
    expect(cleanText(text, [], 300)).toBe(expected);
  });

  test("stands beside no half of a character", () => {
    expect(cleanText("a\ud83db", [], 300)).toBe("a\ufffdb");
  });
});
