import { expect, test } from "vitest";
import { Observable } from "../src/lib/observable.ts";

test("notifies listeners of another value, not of the same one", () => {
  const observable = new Observable(1, () => expect.fail("no listener fails"));
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

test("notifies the others when a listener throws or rejects, and reports both errors", async () => {
  const errors: unknown[] = [];
  const observable = new Observable(1, (error) => void errors.push(error));
  const seen: number[] = [];
  observable.subscribe(() => {
    throw new Error("thrown");
  });
  observable.subscribe(() => Promise.reject(new Error("rejected")) as never);
  observable.subscribe(() => seen.push(observable.value));

  observable.set(2);
  await new Promise(setImmediate);

  expect(seen).toEqual([2]);
  expect(errors).toEqual([new Error("thrown"), new Error("rejected")]);
});
