import { describe, expect, test } from "vitest";
import { shareStatements } from "../../src/connection/share-statements.ts";

/** A shared function whose statements wait for `answer`, and the keys of each of them. */
function held() {
  const statements: (readonly string[])[] = [];
  const waiting: ((error?: Error) => void)[] = [];
  const read = shareStatements(async (keys: readonly string[]) => {
    statements.push(keys);
    await new Promise<void>((resolve, reject) => {
      waiting.push((error) => (error ? reject(error) : resolve()));
    });
    return new Map(keys.filter((key) => key !== "unknown").map((key) => [key, key.toUpperCase()]));
  });
  /** Ends the oldest statement, and lets the next one begin. */
  const answer = async (error?: Error) => {
    await expect.poll(() => waiting.length).toBeGreaterThan(0);
    waiting.shift()?.(error);
  };
  return { statements, read, answer };
}

describe("callers that share statements", () => {
  test("get the values of one statement if they ask in one turn", async () => {
    const { statements, read, answer } = held();
    const values = Promise.all(["a", "b", "a", "unknown"].map(read));
    await answer();
    expect(await values).toEqual(["A", "B", "A", undefined]);
    expect(statements).toEqual([["a", "b", "unknown"]]);
  });

  test("ask in the next statement while one runs, also for the same key", async () => {
    const { statements, read, answer } = held();
    const first = read("a");
    await expect.poll(() => statements).toHaveLength(1);
    const others = Promise.all([read("a"), read("b")]);
    await answer();
    await answer();
    expect([await first, ...(await others)]).toEqual(["A", "A", "B"]);
    expect(statements).toEqual([["a"], ["a", "b"]]);
  });

  test("get the error of their statement, and later callers do not", async () => {
    const { statements, read, answer } = held();
    const failed = Promise.allSettled([read("a"), read("b")]);
    await expect.poll(() => statements).toHaveLength(1);
    const later = read("c");
    await answer(new Error("The statement failed."));
    await answer();
    const error = expect.objectContaining({ message: "The statement failed." }) as unknown;
    expect((await failed).map((one) => one.status === "rejected" && one.reason)).toEqual([error, error]);
    expect(await later).toBe("C");
  });

  test("are at most 100 in a statement", async () => {
    const { statements, read, answer } = held();
    const keys = Array.from({ length: 250 }, (_, index) => `k${index}`);
    const values = Promise.all(keys.map(read));
    for (let count = 0; count < 3; count += 1) await answer();
    expect(await values).toEqual(keys.map((key) => key.toUpperCase()));
    expect(statements.map(({ length }) => length)).toEqual([100, 100, 50]);
  });
});
