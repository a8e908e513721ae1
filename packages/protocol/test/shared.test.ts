import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import {
  assertNever,
  closestName,
  createOptionChecks,
  createRandomSource,
  cutText,
  cutTextStart,
  defineError,
  describeValue,
  isError,
  isInstance,
  isNestedDeeper,
  listOf,
  splitsCharacter,
} from "../src/shared.ts";

describe("cutText", () => {
  test.each([
    ["shorter than the limit", "ab", 3, "ab"],
    ["as long as the limit", "abc", 3, "abc"],
    ["longer than the limit", "abcd", 3, "abc"],
    ["a cut inside of a surrogate pair", "ab👋", 3, "ab"],
    ["a cut after a surrogate pair", "ab👋c", 4, "ab👋"],
    ["a half of a pair that was alone before", "ab\ud83dc", 3, "ab\ud83d"],
    ["a limit of 0", "👋", 0, ""],
  ])("%s", (_case, text, maxChars, expected) => {
    expect(cutText(text, maxChars)).toBe(expected);
  });

  test.each([
    ["longer than the limit", "abcd", 3, "bcd"],
    ["a cut inside of a surrogate pair", "👋ab", 3, "ab"],
    ["a cut before a surrogate pair", "c👋ab", 4, "👋ab"],
    ["shorter than the limit", "ab", 3, "ab"],
    ["a limit of 0", "ab", 0, ""],
  ])("from the end: %s", (_case, text, maxChars, expected) => {
    expect(cutTextStart(text, maxChars)).toBe(expected);
  });

  test("splitsCharacter is true between the two halves of a pair only", () => {
    const places = Array.from({ length: 5 }, (_, index) => splitsCharacter("a👋b", index));

    expect(places).toEqual([false, false, true, false, false]);
  });
});

class StoreFault extends defineError<"LOST" | "FULL">("StoreFault") {
  readonly path: string;

  constructor(code: "LOST" | "FULL", message: string, path: string, options?: ErrorOptions) {
    super(code, message, options);
    this.path = path;
  }
}

describe("defineError", () => {
  test("creates errors with a code, a cause, a name and a stack that begins with the name", () => {
    const cause = new Error("disk");
    const error = new StoreFault("LOST", "The file is gone.", "/a", { cause });

    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ code: "LOST", message: "The file is gone.", path: "/a", cause });
    expect(error.stack).toMatch(/^StoreFault: The file is gone\.\n/);
    expect(Object.keys(error)).toEqual(["code", "path"]);
  });

  test("is() recognizes the errors of another copy, where instanceof does not", () => {
    class OtherCopy extends defineError<"LOST">("StoreFault") {}
    const error = new OtherCopy("LOST", "");

    expect(error).not.toBeInstanceOf(StoreFault);
    expect(StoreFault.is(error)).toBe(true);
  });

  test.each([[undefined], [null], ["LOST"], [{ code: "LOST" }], [new Error("LOST")]])(
    "is() refuses %o",
    (value) => {
      expect(StoreFault.is(value)).toBe(false);
    },
  );

  test("is() refuses a proxy that throws", () => {
    const has = () => {
      throw new Error("unreadable");
    };

    expect(StoreFault.is(new Proxy({}, { has }))).toBe(false);
  });

  test("is() refuses the errors of another class", () => {
    class OtherFault extends defineError<"LOST">("OtherFault") {}

    expect(StoreFault.is(new OtherFault("LOST", ""))).toBe(false);
  });
});

describe("createOptionChecks", () => {
  class OptionFault extends defineError<"INVALID_OPTION">("OptionFault") {}
  const checks = createOptionChecks(OptionFault);
  const known = (options: unknown) =>
    checks.known("open", options as object as { lockWaitMs: 1; path: 1 }, { lockWaitMs: true, path: true });

  test("returns values that are allowed", () => {
    expect([
      checks.integer("a", 0),
      checks.integer("a", 5, { min: 1, max: 5 }),
      checks.limit("a", Infinity),
      checks.number("a", 0.5),
      checks.text("a", "x", 1),
      checks.oneOf("a", "os", ["os", "disk"]),
    ]).toEqual([0, 5, Infinity, 0.5, "x", "os"]);
  });

  test.each<[string, () => unknown]>([
    ["`maxRuns` must be an integer of at least 0, got -1.", () => checks.integer("maxRuns", -1)],
    [
      "`maxRuns` must be an integer from 1 to 5, got 6.",
      () => checks.integer("maxRuns", 6, { min: 1, max: 5 }),
    ],
    ["`maxRuns` must be an integer of at least 0, got 1.5.", () => checks.integer("maxRuns", 1.5)],
    ['`maxRuns` must be an integer of at least 0, got "7".', () => checks.integer("maxRuns", "7")],
    ["`maxRuns` must be an integer of at least 0, got Infinity.", () => checks.integer("maxRuns", Infinity)],
    ["`limit` must be an integer of at least 0, or Infinity, got NaN.", () => checks.limit("limit", NaN)],
    [
      "`share` must be a number from 0 to 1, got nothing.",
      () => checks.number("share", undefined, { max: 1 }),
    ],
    ["`share` must be a number of at least 0, got NaN.", () => checks.number("share", NaN)],
    ["`key` must be a string that is not empty, got an object.", () => checks.text("key", {})],
    ['`key` must be a string of 1 to 2 characters, got "abc".', () => checks.text("key", "abc", 2)],
    ['`mode` must be "os" or "disk", got "tape".', () => checks.oneOf("mode", "tape", ["os", "disk"])],
    ["`options` must be an object, got nothing.", () => known(undefined)],
    ["`options` must be an object, got null.", () => known(null)],
    ["`options` must be an object, got an array.", () => known([])],
    ["`zone` is no option of `open`. Its options are lockWaitMs, path.", () => known({ zone: 1 })],
    [
      "`lokWaitMs` is no option of `open`. Its options are lockWaitMs, path. The closest is `lockWaitMs`.",
      () => known({ path: "a", lokWaitMs: undefined }),
    ],
    [
      "`constructor` is no option of `open`. Its options are lockWaitMs, path.",
      () => known({ constructor: 1 }),
    ],
    [
      `\`${"x".repeat(60)}\` is no option of \`open\`. Its options are lockWaitMs, path.`,
      () => known({ ["x".repeat(100_000)]: 1 }),
    ],
  ])("throws INVALID_OPTION: %s", (message, check) => {
    expect(check).toThrow(expect.objectContaining({ code: "INVALID_OPTION", message }));
  });
});

test.each([
  ["dri", "dir"],
  ["formta", "format"],
  ["arhived", "archived"],
  ["LIMIT", "limit"],
  ["limits", "limit"],
  ["", undefined],
  ["colour", undefined],
])("closestName finds for %j the name %j", (misspelled, closest) => {
  expect(closestName(misspelled, ["dir", "limit", "format", "archived"])).toBe(closest);
});

test("closestName finds the nearest name within the given number of edits only", () => {
  expect(closestName("abc", ["abd", "abcd", "xyz"], 0)).toBeUndefined();
  expect(closestName("abc", ["xbz", "abd"], 3)).toBe("abd");
  expect(closestName("abc", [], Number.POSITIVE_INFINITY)).toBeUndefined();
});

test.each([
  ["x".repeat(41), `"${"x".repeat(40)}…"`],
  ['say "hi"\n', '"say \\"hi\\"\\n"'],
  [12n, "12"],
  [undefined, "nothing"],
  [null, "null"],
  [[1], "an array"],
  [{ a: 1 }, "an object"],
  [() => {}, "a function"],
  [Symbol("s"), "a symbol"],
])("describeValue(%o) is %s", (value, expected) => {
  expect(describeValue(value)).toBe(expected);
});

test("describeValue never returns half of a character", () => {
  expect(describeValue(`${"x".repeat(39)}👋`)).toBe(`"${"x".repeat(39)}…"`);
});

test("listOf joins names with commas and a last 'or'", () => {
  expect([[], ["a"], ["a", "b"], ["a", "b", "c"]].map(listOf)).toEqual(["", "a", "a or b", "a, b or c"]);
});

test("assertNever throws and names the value", () => {
  expect(() => assertNever("dance" as never)).toThrow('Unexpected value: "dance".');
});

test.each<[unknown, number, boolean]>([
  ["x", 0, false],
  [null, 0, false],
  [{}, 0, true],
  [{}, 1, false],
  [{ a: 1, b: [] }, 1, true],
  [{ a: 1, b: [{}] }, 3, false],
  [[[1], [[2]]], 2, true],
])("isNestedDeeper(%j, %i) returns %j", (value, levels, expected) => {
  expect(isNestedDeeper(value, levels)).toBe(expected);
});

test("isNestedDeeper accepts a value of any depth", () => {
  expect(isNestedDeeper(JSON.parse("[".repeat(200_000) + "]".repeat(200_000)), 1_000)).toBe(true);
});

test("createRandomSource returns 16 bytes that differ at each call, beyond one pool of them", () => {
  const random = createRandomSource();
  const texts = Array.from({ length: 1000 }, () => Buffer.from(random()).toString("hex"));
  expect(new Set(texts).size).toBe(1000);
  expect(new Set(texts.map(({ length }) => length))).toEqual(new Set([32]));
});

describe("isError", () => {
  const trap = (): never => {
    throw new Error("trap");
  };

  test.each<[string, unknown, boolean]>([
    ["an error", new TypeError("x"), true],
    ["an error of another realm", runInNewContext("new RangeError('x')"), true],
    ["a DOMException", new DOMException("x", "AbortError"), true],
    ["an error of an old kind of class", Object.create(Error.prototype), true],
    ["a record with a message", { message: "x" }, false],
    ["a text", "x", false],
    ["nothing", undefined, false],
    ["a proxy whose prototype cannot be read", new Proxy(new Error("x"), { getPrototypeOf: trap }), false],
    ["a proxy whose fields cannot be read", new Proxy(new Error("x"), { get: trap }), false],
    ["a revoked proxy", revoked(), false],
  ])("%s", (_case, value, expected) => {
    expect(isError(value)).toBe(expected);
  });

  function revoked(): unknown {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  }
});

test("isInstance is false for a value that throws when it is asked", () => {
  expect([isInstance(new Map(), Map), isInstance({}, Map)]).toEqual([true, false]);
  class Throws {
    static [Symbol.hasInstance](): boolean {
      throw new Error("trap");
    }
  }
  expect(isInstance({}, Throws)).toBe(false);
});
