/** 128 random bits, as text. `crypto.randomUUID` is missing on pages served without TLS to another machine. */
export function createId(): string {
  return crypto.getRandomValues(new Uint32Array(4)).join("-");
}
