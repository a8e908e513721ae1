import { execFile } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { MemoryManager, SkillsLoader, validateSkill } from "@mini-openclaw/agent-runtime";
import { connectMcpServers, readMcpConfig } from "@mini-openclaw/agent-runtime/mcp";
import { findBashSandbox } from "../agent/bash-sandbox.ts";
import { schedulesOf } from "../schedule/scheduler.ts";
import { ConfigError, type MiniOpenClawConfig } from "../settings/config.ts";
import type { Finding } from "./finding.ts";

const MAX_MEMORY_CHARS = 20_000;

export async function checkSandbox(config: MiniOpenClawConfig): Promise<Finding[]> {
  const check = "sandbox";
  try {
    const { sandbox, state } = await findBashSandbox(config);
    const isAsked = config.approval.some((word) => ["risky", "bash", "write", "all"].includes(word));
    if (sandbox || isAsked) return [{ check, level: "good", message: state }];
    return [
      {
        check,
        level: "warning",
        message: state,
        remedy: "Install bubblewrap, or set MINI_OPENCLAW_APPROVAL=bash to be asked before commands.",
      },
    ];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const remedy = "Install bubblewrap (apt install bubblewrap), or set MINI_OPENCLAW_SANDBOX to auto.";
    return [{ check, level: "problem", message: error.message, remedy }];
  }
}

/** Checks every line of every session with the store's own command, which changes nothing. */
export async function checkSessions({ sessionsDir }: MiniOpenClawConfig): Promise<Finding[]> {
  const entry = statSync(sessionsDir, { throwIfNoEntry: false });
  if (!entry) return [];
  if (!entry.isDirectory()) {
    const message = `${sessionsDir} is no directory.`;
    return [{ check: "sessions", level: "problem", message, remedy: "Move it to another folder." }];
  }
  const command = fileURLToPath(new URL("session-store.js", import.meta.url));
  const args = [command, "verify", "--json", "--dir", sessionsDir];
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 2 ** 26 }).catch(
    (error: { stdout: string }) => error,
  );
  const found = stdout.split("\n").flatMap((line) => {
    if (line === "") return [];
    const { sessionId, problem, cut } = JSON.parse(line) as {
      sessionId: string;
      problem: string;
      cut: boolean;
    };
    const isForeign = problem.includes("is a session file of");
    return [
      {
        check: "sessions",
        level: isForeign ? ("warning" as const) : ("problem" as const),
        message: `${sessionId}: ${problem}`,
        remedy: isForeign
          ? `Move it out of ${sessionsDir}.`
          : `Run: mini-openclaw sessions repair ${sessionId} (it keeps a copy${cut ? "" : " of the file"})`,
      },
    ];
  });
  return found.length > 0 ? found : [{ check: "sessions", level: "good", message: sessionsDir }];
}

export async function checkSkills({ workspace }: MiniOpenClawConfig): Promise<Finding[]> {
  const { skills, diagnostics } = await new SkillsLoader({ workspaceDir: workspace }).load();
  const faults = await Promise.all(
    skills.map(async ({ name, path }) => {
      const file = resolve(workspace, path);
      if (!existsSync(file)) return [];
      const found = await validateSkill(readFileSync(file, "utf8"), basename(dirname(file)));
      return found.map((fault) => `${name}: ${fault}`);
    }),
  );
  const problems = [...diagnostics.map(String), ...faults.flat()];
  if (problems.length === 0) return [{ check: "skills", level: "good", message: `${skills.length} found` }];
  const remedy = "Correct it: mini-openclaw skills validate";
  return problems.map((message) => ({ check: "skills", level: "warning", message, remedy }));
}

export async function checkMemory({ workspace, dataDir }: MiniOpenClawConfig): Promise<Finding[]> {
  const memory = new MemoryManager({ workspaceDir: workspace, dataDir });
  const { length = 0 } = (await memory.readLongTerm()) ?? {};
  if (length <= MAX_MEMORY_CHARS)
    return [{ check: "memory", level: "good", message: `${length} characters` }];
  return [
    {
      check: "memory",
      level: "warning",
      message: `MEMORY.md has ${length} characters, and the model gets ${MAX_MEMORY_CHARS} of them.`,
      remedy: "Shorten it, or ask the agent to.",
    },
  ];
}

/** Reads the file of schedules, and names those that wait for a server. */
export function checkSchedules(config: MiniOpenClawConfig): Finding[] {
  const check = "schedules";
  try {
    const names = schedulesOf(config).map(({ name }) => name);
    return [{ check, level: "good", message: names.length === 0 ? "none" : names.join(", ") }];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const remedy = `Correct it, or move ${config.scheduleFile} away and add them again.`;
    return [{ check, level: "problem", message: error.message, remedy }];
  }
}

export async function checkMcp({ mcp, workspace }: MiniOpenClawConfig): Promise<Finding[]> {
  const check = "mcp";
  const remedy = "Correct .mcp.json, then run: mini-openclaw mcp test";
  try {
    const configured = await readMcpConfig(workspace);
    const count = Object.keys(configured).length;
    if (!mcp && count > 0)
      return [
        {
          check,
          level: "warning",
          message: `${count} server(s) in .mcp.json are not started.`,
          remedy: "Set MINI_OPENCLAW_MCP=on if you trust them: they run as this user.",
        },
      ];
    const servers = await connectMcpServers(mcp ? configured : {}, { workspaceDir: workspace });
    const found = servers
      .status()
      .flatMap(({ name, error, faults }) =>
        [error ?? [], faults]
          .flat()
          .map((fault): Finding => ({ check, level: "problem", message: `${name}: ${fault}`, remedy })),
      );
    await servers.close?.();
    return found;
  } catch (error) {
    return [{ check, level: "problem", message: (error as Error).message, remedy }];
  }
}
