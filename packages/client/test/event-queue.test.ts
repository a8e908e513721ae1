import { expect, test } from "vitest";
import { EventQueue } from "../src/lib/event-queue.ts";

function testQueue() {
  let endCount = 0;
  const queue = new EventQueue<number>(() => {
    endCount += 1;
  });
  return { queue, endCount: () => endCount };
}

test("returns present and future values in order, then the end", async () => {
  const { queue, endCount } = testQueue();
  queue.push(1);
  const results = [queue.next(), queue.next(), queue.next()];
  queue.push(2);
  queue.end();
  queue.push(3);

  expect(await Promise.all(results)).toEqual([
    { value: 1, done: false },
    { value: 2, done: false },
    { value: undefined, done: true },
  ]);
  expect(endCount()).toBe(1);
});

test("returns its values after it has ended", async () => {
  const { queue } = testQueue();
  queue.push(1);
  queue.end();
  const values = [];
  for await (const value of queue) values.push(value);

  expect(values).toEqual([1]);
});

test("ends when its consumer stops", async () => {
  const { queue, endCount } = testQueue();
  queue.push(1);
  queue.push(2);
  for await (const value of queue) if (value === 1) break;

  expect(endCount()).toBe(1);
  expect(await queue.next()).toEqual({ value: undefined, done: true });
});

test("rejects once, for a waiting or a later consumer", async () => {
  const waiting = testQueue().queue;
  const next = waiting.next();
  waiting.end({ error: new Error("no") });
  const late = testQueue().queue;
  late.end({ error: new Error("no") });

  await expect(next).rejects.toThrow("no");
  await expect(late.next()).rejects.toThrow("no");
  expect(await late.next()).toEqual({ value: undefined, done: true });
});

test("ends a pending next() when its consumer calls return()", async () => {
  const { queue } = testQueue();
  const next = queue.next();

  expect(await queue.return()).toEqual({ value: undefined, done: true });
  expect(await next).toEqual({ value: undefined, done: true });
});

test("rejects a consumer that is 10,000 values behind", async () => {
  const { queue, endCount } = testQueue();
  for (let value = 0; value <= 10_000; value += 1) queue.push(value);

  await expect(queue.next()).rejects.toMatchObject({ code: "TOO_SLOW" });
  expect(endCount()).toBe(1);
});
