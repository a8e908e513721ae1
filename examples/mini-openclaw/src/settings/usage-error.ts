/** A mistake on the command line, in words for its user. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
