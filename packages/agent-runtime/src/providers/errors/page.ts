/** The beginning of a page of HTML, after comments. */
const page = /^\s*(?:<!--[^]{0,4096}?-->\s*)?<(?:!doctype\s+html|html|head|body|title|h1)\b/i;

/** Statuses of a page at a wrong address. A proxy sends pages with other statuses for a while. */
const wrongAddress = new Set([200, 404, 405]);

/** The end of a `baseURL` with a version. */
const version = /\/v\d+$/;

/**
 * Returns a request in words if a page of HTML came from a wrong address, with a remedy. Otherwise
 * returns `undefined`.
 */
export function askedPage(answer: { status: number; address: string; body: string }): string | undefined {
  const { status, address, body } = answer;
  if (!wrongAddress.has(status) || !page.test(body)) return undefined;
  return `${status} to ${address} with a page of HTML. ${remedyFor(address)} The page`;
}

function remedyFor(address: string): string {
  const [, base] = /^(.*)\/(?:chat\/completions|responses)$/.exec(address) ?? [];
  if (base === undefined) return "Set `baseURL` to the address of the API.";
  if (version.test(base)) return "`baseURL` probably must not end in `/v1`, or names another server.";
  return "`baseURL` probably needs `/v1` at its end.";
}
