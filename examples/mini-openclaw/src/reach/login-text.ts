import process from "node:process";

/** Returns the links as text, and the first one as a QR code for a terminal. */
export async function loginText(
  addresses: readonly string[],
  path: string,
  isTerminal: boolean = process.stdout.isTTY,
): Promise<string> {
  const links = addresses.map((address) => new URL(path, address).href);
  const [first] = links;
  const lines = links.map((link) => `Log in once, within ten minutes: ${link}`);
  if (!isTerminal || first === undefined) return `${lines.join("\n")}\n`;
  const { renderUnicodeCompact } = await import("uqr");
  return `${lines.join("\n")}\n\n${renderUnicodeCompact(first)}\n`;
}
