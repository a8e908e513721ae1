import { mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { createBuiltinTools } from "../../src/index.ts";
import { temporaryDirectory } from "../temporary-directory.ts";
import { callTool } from "../tools/call-tool.ts";

/** The folder and the file of a limit, by the version of control groups: cgroups(7). */
const versions = [
  ["/sys/fs/cgroup/memory", "memory.limit_in_bytes"],
  ["/sys/fs/cgroup", "memory.max"],
] as const;

const LIMIT_BYTES = 67_108_864;

/** Makes a group of processes with little memory. Returns nothing where the system forbids it. */
function makeGroup(): string | undefined {
  for (const [root, limit] of versions) {
    const group = join(root, `mini-openclaw-${process.pid}`);
    try {
      mkdirSync(group);
    } catch {
      continue;
    }
    try {
      writeFileSync(join(group, limit), String(LIMIT_BYTES));
      return group;
    } catch {
      rmdirSync(group);
    }
  }
  return undefined;
}

const group = makeGroup();
afterAll(() => {
  if (group !== undefined) rmdirSync(group);
});

test.skipIf(group === undefined)("a command that the system kills for its memory is said to be", async () => {
  await using workspace = await temporaryDirectory();
  const bash = createBuiltinTools(workspace.path).find(({ name }) => name === "bash");
  const allocate = "const all = []; for (;;) all.push(Buffer.alloc(4 << 20, 1))";
  const command = `echo begun; echo $$ > ${group}/cgroup.procs; exec ${process.execPath} -e '${allocate}'`;

  expect(await callTool(bash, { command })).toEqual({
    output: "begun\n[ended: the system killed it because memory ran out]",
    isError: true,
  });
});
