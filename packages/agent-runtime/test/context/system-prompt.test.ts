import { readFile, symlink } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { AgentRuntime, createBuiltinTools, MemoryManager } from "../../src/index.ts";
import { createScriptedProvider, says } from "../../src/testing.ts";
import { eventsOf, inputOf, NOW } from "../collect.ts";
import { makeFifo } from "../make-fifo.ts";
import { temporaryDirectory } from "../temporary-directory.ts";

/**
 * The prompt that an agent of this workspace sends, paths and versions of this machine replaced.
 */
async function promptOf(
  workspaceDir: string,
  options: Partial<ConstructorParameters<typeof AgentRuntime>[0]> = {},
) {
  const provider = createScriptedProvider([[says("ok")]]);
  const agent = new AgentRuntime({ provider, workspaceDir, now: () => NOW, ...options });
  await eventsOf(agent, inputOf("hi"));
  const system = provider.requests[0]?.system ?? { stable: "", volatile: "" };
  const machine = `${process.platform} ${process.arch}, Node ${process.versions.node}`;
  return { ...system, stable: system.stable.replaceAll(workspaceDir, "/work").replace(machine, "<machine>") };
}

const fullWorkspace = {
  ".openclaw/SOUL.md": "Be warm, be brief.\n",
  ".openclaw/TOOLS.md": "Prefer ripgrep.\n",
  "MEMORY.md": "- The user likes tea\n",
  ".mini-openclaw/memory/daily-logs/2026-11-20.md": "- [09:00:00] Began\n",
  ".mini-openclaw/memory/daily-logs/2026-11-22.md": "- [10:00:00] Fixed the build\n",
  ".openclaw/skills/pdf/SKILL.md": "---\nname: pdf\ndescription: Reads <PDF> files.\n---\n",
};

describe("the system prompt", () => {
  test("of a full workspace is the golden file", async () => {
    await using workspace = await temporaryDirectory(fullWorkspace);
    const { stable, volatile } = await promptOf(workspace.path, {
      tools: createBuiltinTools(workspace.path),
    });
    expect(`${stable}\n`).toBe(
      await readFile(join(import.meta.dirname, "../golden/system-prompt.txt"), "utf8"),
    );
    expect(volatile).toBe(`# Memory

- The user likes tea

# Log of today

- [10:00:00] Fixed the build

The time is 2026-11-22T14:30:05Z.`);
  });

  test("leaves out what an empty workspace does not have", async () => {
    await using workspace = await temporaryDirectory();
    const { stable } = await promptOf(workspace.path, { identity: "You are a test." });
    expect(stable).toBe(`# Identity

You are a test.

# Runtime

- System: <machine>
- Workspace: /work; relative paths start there`);
  });

  test("shows the logs of the last days when asked to", async () => {
    await using workspace = await temporaryDirectory(fullWorkspace);
    const { volatile } = await promptOf(workspace.path, { dailyLogDays: 3 });
    expect(volatile.match(/# Log of.*\n\n.*/g)).toEqual([
      "# Log of 2 days ago\n\n- [09:00:00] Began",
      "# Log of today\n\n- [10:00:00] Fixed the build",
    ]);
  });

  test("takes its memory from another folder", async () => {
    await using workspace = await temporaryDirectory({ "data/MEMORY.md": "- Elsewhere" });
    const memory = new MemoryManager({ workspaceDir: workspace.path, dataDir: join(workspace.path, "data") });
    expect((await promptOf(workspace.path, { memory })).volatile).toContain("# Memory\n\n- Elsewhere");
  });

  test("names the part that could not be read", async () => {
    await using workspace = await temporaryDirectory({ ".openclaw/TOOLS.md": "Prefer ripgrep." });
    makeFifo(join(workspace.path, ".openclaw/SOUL.md"));
    const { stable } = await promptOf(workspace.path);
    expect(stable).toContain(
      "# Soul\n\n[could not be read: .openclaw/SOUL.md is not a regular file.]\n\n# Notes on tools",
    );
  });

  test.each([".openclaw/SOUL.md", ".openclaw/TOOLS.md", "MEMORY.md"])(
    "does not show what %s links to outside the workspace",
    async (name) => {
      await using outside = await temporaryDirectory({ key: "secret" });
      await using workspace = await temporaryDirectory({ ".openclaw/other": "" });
      await symlink(join(outside.path, "key"), join(workspace.path, name));
      const { stable, volatile } = await promptOf(workspace.path);
      expect(stable + volatile).toContain(
        `[could not be read: ${name} is outside the workspace; only files inside it can be used.]`,
      );
      expect(stable + volatile).not.toContain("secret");
    },
  );

  test("shows the beginning and the end of a file that is too long", async () => {
    await using workspace = await temporaryDirectory({ ".openclaw/SOUL.md": `a${"x".repeat(30_000)}z` });
    const { stable } = await promptOf(workspace.path);
    expect(stable).toMatch(/# Soul\n\nax{9999}\n\[… 10002 characters left out …\]\nx{9999}z\n/);
  });

  test("is the same for the same workspace, whatever the time", async () => {
    await using workspace = await temporaryDirectory(fullWorkspace);
    const early = await promptOf(workspace.path);
    const late = await promptOf(workspace.path, { now: () => NOW + 60_000 });
    expect(late.stable).toBe(early.stable);
    expect(late.volatile).not.toBe(early.volatile);
  });
});

test("the time in the prompt is the user's, with its zone", async () => {
  await using workspace = await temporaryDirectory();
  const { volatile } = await promptOf(workspace.path, { timeZone: "Asia/Shanghai" });
  expect(volatile).toBe("The time is 2026-11-22T22:30:05+08:00 (Asia/Shanghai).");
  const west = await promptOf(workspace.path, { timeZone: "America/St_Johns" });
  expect(west.volatile).toBe("The time is 2026-11-22T11:00:05-03:30 (America/St_Johns).");
  await expect(promptOf(workspace.path, { timeZone: "Mars" })).rejects.toThrow(
    '`timeZone` must be a name such as "Asia/Shanghai", got "Mars".',
  );
});
