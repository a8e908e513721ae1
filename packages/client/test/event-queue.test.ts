import { expect, test } from "vitest";
import { EventQueue } from "../src/lib/event-queue.ts";

function testQueue() {
  let endCount = 0;
  const queue = new EventQueue<number>(() => {
    endCount += 1;
  });
  return { queue, endCount: () => endCount };
}

test("gives values in order, be they there or yet to come, and then the end", async () => {
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

test("gives what was there before it ended", async () => {
  const { queue } = testQueue();
  queue.push(1);
  queue.end();
  const values = [];
  for await (const value of queue) values.push(value);

  expect(values).toEqual([1]);
});

test("is over when its consumer stops", async () => {
  const { queue, endCount } = testQueue();
  queue.push(1);
  queue.push(2);
  for await (const value of queue) if (value === 1) break;

  expect(endCount()).toBe(1);
  expect(await queue.next()).toEqual({ value: undefined, done: true });
});

test("fails once for whoever waits, or for whoever comes", async () => {
  const waiting = testQueue().queue;
  const next = waiting.next();
  waiting.end({ error: new Error("no") });
  const late = testQueue().queue;
  late.end({ error: new Error("no") });

  await expect(next).rejects.toThrow("no");
  await expect(late.next()).rejects.toThrow("no");
  expect(await late.next()).toEqual({ value: undefined, done: true });
});

test("ends for whoever waits when its consumer gives it up", async () => {
  const { queue } = testQueue();
  const next = queue.next();

  expect(await queue.return()).toEqual({ value: undefined, done: true });
  expect(await next).toEqual({ value: undefined, done: true });
});

test("fails a consumer that is 10,000 values behind, rather than leave one out", async () => {
  const { queue, endCount } = testQueue();
  for (let value = 0; value <= 10_000; value += 1) queue.push(value);

  await expect(queue.next()).rejects.toMatchObject({ code: "TOO_SLOW" });
  expect(endCount()).toBe(1);
});
