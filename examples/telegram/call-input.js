/**
 * Reads the parameters of a call: JSON, or a form with files.
 * @param {string} contentType
 * @param {Buffer} body
 * @returns {Record<string, unknown>}
 */
export function inputOf(contentType, body) {
  if (!contentType.startsWith("multipart/")) return body.length === 0 ? {} : JSON.parse(body.toString());
  const boundary = /boundary="?([^";]+)/.exec(contentType)?.[1] ?? "";
  const parts = body.toString("latin1").split(`--${boundary}`).slice(1, -1);
  /** @type {Record<string, unknown>} */
  const input = {};
  for (const part of parts) {
    const [head = "", ...rest] = part.split("\r\n\r\n");
    const name = /[; ]name="([^"]*)"/.exec(head)?.[1] ?? "";
    const bytes = Buffer.from(rest.join("\r\n\r\n").slice(0, -2), "latin1");
    input[name] = head.includes("filename=") ? bytes : bytes.toString();
  }
  // A form names its file in the parameter: `attach://<name of the part>`.
  for (const [name, value] of Object.entries(input)) {
    if (typeof value !== "string" || !value.startsWith("attach://")) continue;
    const part = value.slice(9);
    input[name] = input[part];
    delete input[part];
  }
  return input;
}
