import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { filesOf } from "./browser.ts";
import { startGateway } from "./test-gateway.ts";

// What the page may cost somebody on a slow line, in kB of 1,000 bytes.
const budgetKb = 150;

test("is small: everything that the page loads, compressed", async () => {
  await using gateway = await startGateway();
  const sizes: Record<string, number> = {};
  for (const url of filesOf(gateway.url)) {
    const body = Buffer.from(await (await fetch(url)).arrayBuffer());
    sizes[new URL(url).pathname] = gzipSync(body, { level: 9 }).byteLength / 1000;
  }
  const total = Object.values(sizes).reduce((sum, size) => sum + size, 0);
  console.log(`WebChat, gzipped: ${total.toFixed(1)} kB of ${budgetKb} kB`, sizes);

  expect(Object.values(sizes).every((size) => size > 0)).toBe(true);
  expect(total).toBeLessThanOrEqual(budgetKb);
});
