import process from "node:process";
import { readAddress } from "../../data-dir.ts";
import { accessOf, askForAccess, reachableAddresses, silentServer } from "../../reach/addresses.ts";
import { loginText } from "../../reach/login-text.ts";
import type { Sources } from "../../settings/sources.ts";
import { exitCodes } from "../exit.ts";
import { loadConfig, warn } from "../load.ts";

/** Prints a link that logs a browser in once. The server that runs here makes it. */
export async function printLink(flags: Sources["flags"]): Promise<void> {
  const config = loadConfig(flags);
  const [token] = accessOf(config).tokens;
  const address = readAddress(config.dataDir);
  if (address === undefined) return refuse("No server runs with this data directory. Start one first.");
  const access = await askForAccess(address, token);
  if (access === undefined) return refuse(silentServer(address));
  if (access === "refused")
    return refuse(`The server at ${address} has another token. Set MINI_OPENCLAW_TOKEN to it.`);
  if (token === undefined) return refuse(`The server has no token. Open ${address}`);
  const path = await askForLink(address, token);
  const addresses = reachableAddresses(config, Number(new URL(address).port));
  console.log(await loginText(addresses.length > 0 ? addresses : [address], path));
}

/** Asks the server for the path of a new link. */
async function askForLink(address: string, token: string): Promise<string> {
  const headers = { authorization: `Bearer ${token}` };
  try {
    const response = await fetch(new URL("enter", address), { method: "POST", headers });
    if (!response.ok) return refuse(`The server has no token. Open ${address}`);
    const { path } = (await response.json()) as { path: string };
    return path;
  } catch {
    return refuse(silentServer(address));
  }
}

function refuse(text: string): never {
  warn(text);
  process.exit(exitCodes.failed);
}
