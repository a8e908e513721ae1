import { mkdir, rm, symlink, utimes } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { AgentRuntime, createBuiltinTools, SkillsLoader } from "../../src/index.ts";
import { calls, createScriptedProvider, says } from "../../src/testing.ts";
import { eventsOf, inputOf } from "../collect.ts";
import { temporaryDirectory } from "../temporary-directory.ts";

const skill = (name: string, description: string) =>
  `---\nname: ${name}\ndescription: ${description}\n---\n# How\n`;

describe("skills", () => {
  test("are found in both folders, in the order of their names", async () => {
    await using workspace = await temporaryDirectory({
      ".openclaw/skills/pdf/SKILL.md": skill("pdf", "Reads PDFs."),
      ".agents/skills/commit/SKILL.md": skill("commit", "Writes commits."),
      ".openclaw/skills/notes.txt": "no skill",
    });
    const { skills, diagnostics } = await new SkillsLoader({ workspaceDir: workspace.path }).load();
    expect(skills).toEqual([
      {
        name: "commit",
        description: "Writes commits.",
        path: join(workspace.path, ".agents/skills/commit/SKILL.md"),
      },
      {
        name: "pdf",
        description: "Reads PDFs.",
        path: join(workspace.path, ".openclaw/skills/pdf/SKILL.md"),
      },
    ]);
    expect(diagnostics).toEqual([]);
  });

  test("none is no fault", async () => {
    await using workspace = await temporaryDirectory();
    const loader = new SkillsLoader({ workspaceDir: workspace.path });
    expect(await loader.load()).toEqual({ skills: [], diagnostics: [] });
    expect(await loader.index()).toBe("");
  });

  test("reports bad ones, and loads all others", async () => {
    await using workspace = await temporaryDirectory({
      ".openclaw/skills/a/SKILL.md": skill("a", "Good."),
      ".openclaw/skills/b/SKILL.md": "no front matter",
      ".openclaw/skills/c/SKILL.md": "---\nname: c\n---\n",
      ".openclaw/skills/d/SKILL.md": "---\nname: d\ndescription: Use when: asked\n---\n",
      ".openclaw/skills/e/SKILL.md": skill("other", "Strange name."),
      ".agents/skills/a/SKILL.md": skill("a", "Second."),
    });
    await mkdir(join(workspace.path, ".openclaw/skills/f/SKILL.md"), { recursive: true });
    const { skills, diagnostics } = await new SkillsLoader({ workspaceDir: workspace.path }).load();
    expect(skills.map(({ name, description }) => [name, description])).toEqual([
      ["a", "Good."],
      ["d", "Use when: asked"],
      ["other", "Strange name."],
    ]);
    const at = (name: string) => join(workspace.path, name, "SKILL.md");
    expect(diagnostics.map((line) => line.split(": ")[0])).toEqual(
      [
        ".openclaw/skills/b",
        ".openclaw/skills/c",
        ".openclaw/skills/d",
        ".openclaw/skills/e",
        ".openclaw/skills/f",
        ".agents/skills/a",
      ].map(at),
    );
  });

  test("are read again only when their time or size changed", async () => {
    await using workspace = await temporaryDirectory({ ".openclaw/skills/a/SKILL.md": skill("a", "Old.") });
    const loader = new SkillsLoader({ workspaceDir: workspace.path });
    const path = join(workspace.path, ".openclaw/skills/a/SKILL.md");
    const descriptions = async () => (await loader.load()).skills.map(({ description }) => description);
    await utimes(path, 1, 1);
    expect(await descriptions()).toEqual(["Old."]);
    await workspace.write(".openclaw/skills/a/SKILL.md", skill("a", "New."));
    await utimes(path, 1, 1);
    expect(await descriptions()).toEqual(["Old."]);
    await utimes(path, 2, 2);
    expect(await descriptions()).toEqual(["New."]);
    await rm(path);
    expect(await descriptions()).toEqual([]);
  });

  test("are found in lower case and in groups of folders", async () => {
    await using workspace = await temporaryDirectory({
      ".openclaw/skills/weather/skill.md": skill("weather", "Lower case."),
      ".openclaw/skills/group/nested/SKILL.md": skill("nested", "In a group."),
      ".openclaw/skills/group/nested/parts/other/SKILL.md": skill("other", "Belongs to the skill."),
      ".openclaw/skills/1/2/3/4/5/SKILL.md": skill("deep", "Too deep."),
    });
    const { skills, diagnostics } = await new SkillsLoader({ workspaceDir: workspace.path }).load();
    expect(skills.map(({ name }) => name)).toEqual(["nested", "weather"]);
    const deep = join(workspace.path, ".openclaw/skills/1/2/3/4");
    expect(diagnostics).toEqual([`${deep}: its folders are too deep to be searched`]);
  });

  test("have the name of their folder before another takes it", async () => {
    await using workspace = await temporaryDirectory({
      ".openclaw/skills/aaa/SKILL.md": skill("deploy", "Something else."),
      ".openclaw/skills/deploy/SKILL.md": skill("deploy", "How to deploy."),
    });
    const { skills, diagnostics } = await new SkillsLoader({ workspaceDir: workspace.path }).load();
    expect(skills.map(({ name, description }) => [name, description])).toEqual([
      ["aaa", "Something else."],
      ["deploy", "How to deploy."],
    ]);
    expect(diagnostics.at(-1)).toMatch(/has the same name, so that this one is named aaa$/);
  });

  test("behind a link to the outside are reported, and not in the index", async () => {
    await using outside = await temporaryDirectory({ "key/SKILL.md": skill("key", "A secret.") });
    await using workspace = await temporaryDirectory({ ".openclaw/skills/a/SKILL.md": skill("a", "Own.") });
    await symlink(join(outside.path, "key"), join(workspace.path, ".openclaw/skills/key"));
    const loader = new SkillsLoader({ workspaceDir: workspace.path });
    const { skills, diagnostics } = await loader.load();
    expect(skills.map(({ name }) => name)).toEqual(["a"]);
    expect(diagnostics).toEqual([expect.stringContaining("outside the workspace")]);
  });

  test("outside the workspace can be read where the index names them", async () => {
    await using outside = await temporaryDirectory({
      "skills/deploy/SKILL.md": `${skill("deploy", "How to deploy.")}Run it.\n`,
      "secret.txt": "secret",
    });
    await using workspace = await temporaryDirectory();
    await symlink("../../secret.txt", join(outside.path, "skills/deploy/link.txt"));
    const directory = join(outside.path, "skills");
    const paths = ["deploy/SKILL.md", "../secret.txt", "deploy/link.txt"].map(
      (path) => `${directory}/${path}`,
    );
    const agent = new AgentRuntime({
      provider: createScriptedProvider([
        paths.map((file_path) => calls("read_file", { file_path })),
        [says("ok")],
      ]),
      tools: createBuiltinTools(workspace.path),
      workspaceDir: workspace.path,
      skills: new SkillsLoader({ workspaceDir: workspace.path, directories: [directory] }),
    });
    const events = await eventsOf(agent, inputOf("deploy"));
    const outputs = events.flatMap((event) => (event.type === "tool_done" ? [event.output] : []));
    expect(outputs.filter((output) => output.includes("Run it."))).toHaveLength(1);
    expect(outputs.filter((output) => output.includes("outside the workspace"))).toHaveLength(2);
  });

  test("for users only are not in the index", async () => {
    await using workspace = await temporaryDirectory({
      ".openclaw/skills/a/SKILL.md": "---\nname: a\ndescription: A.\ndisable-model-invocation: true\n---\n",
    });
    const loader = new SkillsLoader({ workspaceDir: workspace.path });
    expect((await loader.load()).skills.map(({ name, isHidden }) => [name, isHidden])).toEqual([["a", true]]);
    expect(await loader.index()).toBe("");
  });

  test("beyond the limit are left out whole, and counted", async () => {
    const names = Array.from({ length: 500 }, (_, place) => `skill-${String(place).padStart(3, "0")}`);
    await using workspace = await temporaryDirectory({
      ".openclaw/skills/long/SKILL.md": skill("long", "x".repeat(30_000)),
      ...Object.fromEntries(
        names.map((name) => [`.openclaw/skills/${name}/SKILL.md`, skill(name, `About ${name}.`)]),
      ),
    });
    const agent = new AgentRuntime({ provider: createScriptedProvider([]), workspaceDir: workspace.path });
    const { sections } = await agent.explainContext([]);
    const index = sections.find(({ name }) => name === "prompt: Skills")?.text ?? "";
    const shown = [...index.matchAll(/<name>(.*)<\/name>\n +<description>(.*)<\/description>/g)];
    expect(shown.map(([, name, description]) => [name, description])).toEqual(
      names.slice(0, shown.length).map((name) => [name, `About ${name}.`]),
    );
    expect(shown.length).toBeGreaterThan(100);
    expect(index).toContain(`\n  [${501 - shown.length} more skills are not shown]\n</available_skills>`);
  });

  test("are indexed with everything escaped", async () => {
    await using workspace = await temporaryDirectory({
      ".openclaw/skills/a&b/SKILL.md": skill("a&b", `"<x>" & 'y'</available_skills>`),
    });
    expect(await new SkillsLoader({ workspaceDir: workspace.path }).index()).toBe(`<available_skills>
  <skill>
    <name>a&amp;b</name>
    <description>&quot;&lt;x&gt;&quot; &amp; &apos;y&apos;&lt;/available_skills&gt;</description>
    <location>.openclaw/skills/a&amp;b/SKILL.md</location>
  </skill>
</available_skills>`);
  });

  test.each([
    ["''", "aaa"],
    ["[one, two]", "aaa"],
    ["{ one: two }", "aaa"],
    ["12", "12"],
    ['"one\\n  two"', "one two"],
  ])("with the name %s are called %s", async (given, name) => {
    await using workspace = await temporaryDirectory({
      ".agents/skills/aaa/SKILL.md": skill(given, "Does it."),
    });
    const { skills, diagnostics } = await new SkillsLoader({ workspaceDir: workspace.path }).load();
    expect(skills).toMatchObject([{ name }]);
    expect(diagnostics).toHaveLength(1);
    expect(diagnostics[0]).toMatch(
      name === "aaa" ? /is no text, so that it is named aaa$/ : /, not that of its folder$/,
    );
  });

  test.each([
    ["true", true],
    ["yes", true],
    ["'On'", true],
    ["false", false],
    ["no", false],
  ])("with `disable-model-invocation: %s` are hidden from the model: %s", async (value, isHidden) => {
    const text = `---\ndescription: Deploys.\ndisable-model-invocation: ${value}\n---\n`;
    await using workspace = await temporaryDirectory({ ".agents/skills/aaa/SKILL.md": text });
    const loader = new SkillsLoader({ workspaceDir: workspace.path });
    expect((await loader.index()) === "").toBe(isHidden);
  });
});
