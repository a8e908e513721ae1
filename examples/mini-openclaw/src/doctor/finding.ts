/** The result of one check. */
export interface Finding {
  /** The part that was checked, such as `port`. */
  check: string;
  level: "good" | "warning" | "problem";
  message: string;
  /** The action for the user. */
  remedy?: string;
  /** Mends the problem without losing anything. Returns a sentence about it. */
  fix?: () => string;
}
