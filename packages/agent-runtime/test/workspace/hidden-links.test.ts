import { mkdir, readFile, symlink } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { AgentRuntime, MemoryManager, SkillsLoader } from "../../src/index.ts";
import { createScriptedProvider } from "../../src/testing.ts";
import { temporaryDirectory } from "../temporary-directory.ts";

const secret = "---\nname: secret\ndescription: SECRET\n---\n";

// A command in a sandbox does not see the folders, but it can make a link to them.
describe.each([".mini-openclaw", "srv/data"])("a link to a file in %s", (data) => {
  async function workspace() {
    const folder = await temporaryDirectory({ [`${data}/session/SKILL.md`]: secret });
    const workspaceDir = folder.path;
    const memory = new MemoryManager({ workspaceDir, dataDir: join(workspaceDir, data) });
    const link = async (name: string, to: string) => {
      await mkdir(join(workspaceDir, ".openclaw", "skills"), { recursive: true });
      await symlink(join(workspaceDir, data, to), join(workspaceDir, name));
    };
    return { ...folder, workspaceDir, memory, link };
  }

  test.each(["MEMORY.md", ".openclaw/SOUL.md", ".openclaw/TOOLS.md"])(
    "is not followed into the prompt from %s",
    async (name) => {
      await using here = await workspace();
      await here.link(name, "session/SKILL.md");
      const { workspaceDir, memory } = here;
      const agent = new AgentRuntime({ provider: createScriptedProvider([]), workspaceDir, memory });
      const prompt = JSON.stringify(await agent.explainContext([]));
      expect(prompt).toContain("could not be read");
      expect(prompt).not.toContain("SECRET");
    },
  );

  test("is not written through by the memory", async () => {
    await using here = await workspace();
    await here.link("MEMORY.md", "session/SKILL.md");
    await expect(here.memory.remember("note")).rejects.toThrow("is the application's own");
    expect(await readFile(join(here.workspaceDir, data, "session/SKILL.md"), "utf8")).toBe(secret);
  });
});

test("a link from a folder of skills into the application's own folder is no skill", async () => {
  await using folder = await temporaryDirectory({ ".mini-openclaw/secret/SKILL.md": secret });
  await mkdir(join(folder.path, ".openclaw/skills"), { recursive: true });
  await symlink("../../.mini-openclaw/secret", join(folder.path, ".openclaw/skills/secret"));
  const { skills, diagnostics } = await new SkillsLoader({ workspaceDir: folder.path }).load();
  expect(skills).toEqual([]);
  expect(diagnostics).toEqual([expect.stringContaining("is the application's own")]);
});
