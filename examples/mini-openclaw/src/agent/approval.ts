import type { AgentRuntimeOptions } from "@mini-openclaw/agent-runtime";

/** The tools that each word of the setting asks about. */
const presets: Readonly<Record<string, readonly string[]>> = {
  off: [],
  bash: ["bash"],
  write: ["bash", "write_file", "edit_file"],
};

/**
 * Returns the rule for calls that wait for a user's decision.
 *
 * @param names words of the setting, or names of tools
 */
export function approvalOf(
  names: readonly string[],
  { hasSandbox }: { hasSandbox: boolean },
): NonNullable<AgentRuntimeOptions["approval"]> {
  if (names.includes("all")) return () => "ask";
  const asked = new Set(
    names.flatMap((name) => {
      if (name === "risky") return hasSandbox ? [] : ["bash"];
      return presets[name] ?? [name];
    }),
  );
  return ({ toolName }) => (asked.has(toolName) ? "ask" : undefined);
}
