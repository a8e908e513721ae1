import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createBuiltinTools } from "../../src/index.ts";
import { temporaryDirectory } from "../temporary-directory.ts";
import { callTool } from "../tools/call-tool.ts";

/** Root may read everything, so the test drops its rights while it lists. */
async function asOrdinaryUser<T>(work: () => Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0) return await work();
  process.setegid?.(65_534);
  process.seteuid?.(65_534);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
    process.setegid?.(0);
  }
}

test("a folder that may not be read hides no others", async () => {
  await using workspace = await temporaryDirectory({ "a.txt": "", "closed/x": "", "z/y.txt": "" });
  await chmod(workspace.path, 0o755);
  await chmod(join(workspace.path, "closed"), 0);
  const list = createBuiltinTools(workspace.path).find(({ name }) => name === "list_files");
  const all = await asOrdinaryUser(() => callTool(list, { recursive: true }));
  expect(all.output).toBe("a.txt\nclosed/\nz/\nz/y.txt\n[could not be read: closed/]");
  const one = await asOrdinaryUser(() => callTool(list, { path: "closed" }));
  expect(one.output).toBe("The tool failed: The system does not permit this for closed (EACCES).");
  await chmod(join(workspace.path, "closed"), 0o755);
});
