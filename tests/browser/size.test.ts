import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { startGateway } from "./test-gateway.ts";

// The limit for the first load over a slow line, in kB of 1,000 bytes.
const BUDGET_KB = 110;

test("loads at most 110 kB, compressed, before anything is shown", async () => {
  await using gateway = await startGateway();
  const sizes = new Map<string, number>();
  async function load(name: string): Promise<void> {
    if (sizes.has(name)) return;
    const body = Buffer.from(await (await fetch(new URL(name, gateway.url))).arrayBuffer());
    sizes.set(name, gzipSync(body, { level: 9 }).byteLength / 1000);
    // Static imports are loaded with a script. `import("…")` loads a file on demand.
    const imported = body.toString().matchAll(/(?:from|import)"\.\/([\w-]+\.js)"/g);
    await Promise.all([...imported].map(([, file = ""]) => load(file)));
  }
  for (const name of ["", "first-paint.js", "page.css", "page.js"]) await load(name);
  const total = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  console.log(`WebChat, gzipped: ${total.toFixed(1)} kB of ${BUDGET_KB} kB`, Object.fromEntries(sizes));

  expect([...sizes.values()].every((size) => size > 0.1)).toBe(true);
  expect(total).toBeLessThanOrEqual(BUDGET_KB);
});
