import type { Kind } from "./kinds.ts";

/** A setting: its variable, the kind of its values, its default, and a sentence about it. */
export interface Setting<Value> {
  readonly env: string;
  readonly kind: Kind<Value>;
  /** The default as the help shows it. */
  readonly fallback: string;
  readonly about: string;
  /** True for a setting that is never printed. */
  readonly isSecret?: boolean;
  /**
   * True for a setting that decides where data goes or what the agent may do. A file in the
   * workspace cannot set it, because the workspace may be somebody else's.
   */
  readonly isGuarded?: boolean;
}

/** Describes a setting. */
export function setting<Value>(
  env: string,
  kind: Kind<Value>,
  fallback: string,
  about: string,
  traits: Pick<Setting<Value>, "isSecret" | "isGuarded"> = {},
): Setting<Value> {
  return { env, kind, fallback, about, ...traits };
}
