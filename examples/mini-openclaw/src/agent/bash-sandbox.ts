import { findSandbox, type Sandbox } from "@mini-openclaw/agent-runtime";
import { ConfigError, type MiniOpenClawConfig } from "../settings/config.ts";

/** The sandbox of `bash`, and its description in the banner. */
export interface BashSandbox {
  sandbox?: Sandbox;
  state: string;
}

/**
 * Finds the sandbox that the setting asks for. Commands cannot read the data directory, or what the
 * settings hide.
 *
 * @throws ConfigError if a sandbox is required and there is none
 */
export async function findBashSandbox({
  sandbox: use,
  dataDir,
  hidden,
}: Pick<MiniOpenClawConfig, "sandbox" | "dataDir" | "hidden">): Promise<BashSandbox> {
  if (use === "off") return { state: "off: bash has all rights of this user" };
  const { sandbox, problem } = await findSandbox({ hidden: [dataDir, ...hidden] });
  if (sandbox) {
    return {
      sandbox,
      state: `${sandbox.name}: bash can only write to the workspace, and can use the network`,
    };
  }
  if (use === "auto") return { state: `none: bash has all rights of this user (${problem})` };
  const message = `is "required", but no sandbox works: ${problem}.`;
  throw new ConfigError([{ name: "MINI_OPENCLAW_SANDBOX", message }]);
}
