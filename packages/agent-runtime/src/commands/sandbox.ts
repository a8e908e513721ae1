/**
 * Locks commands in. `findSandbox` gives one. Any other program that does can stand behind this
 * too.
 */
export interface Sandbox {
  /** A name for people. */
  readonly name: string;
  /**
   * The program and arguments that run `argv` locked in, in `workspaceDir`, the one place where it
   * may write.
   */
  wrap(argv: readonly string[], workspaceDir: string): Promise<readonly string[]>;
}
