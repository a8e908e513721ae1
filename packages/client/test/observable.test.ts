import { expect, test, vi } from "vitest";
import { Observable } from "../src/observable.ts";

test("tells everybody of another value, and nobody of the same one", () => {
  const observable = new Observable(1);
  const seen: string[] = [];
  const unsubscribe = observable.subscribe(() => seen.push(`a ${observable.value}`));
  observable.subscribe(() => seen.push(`b ${observable.value}`));

  observable.set(1);
  observable.set(2);
  unsubscribe();
  unsubscribe();
  observable.set(3);

  expect(seen).toEqual(["a 2", "b 2", "b 3"]);
});

test("tells the others too when a listener throws, and of its fault as the platform would", () => {
  const faults: unknown[] = [];
  const spy = vi.spyOn(globalThis, "queueMicrotask").mockImplementation((work) => {
    expect(work).toThrow("no");
    faults.push(work);
  });
  const observable = new Observable(1);
  const seen: number[] = [];
  observable.subscribe(() => {
    throw new Error("no");
  });
  observable.subscribe(() => seen.push(observable.value));

  observable.set(2);

  expect([seen, faults.length]).toEqual([[2], 1]);
  spy.mockRestore();
});
