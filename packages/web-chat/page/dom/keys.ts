/**
 * Returns true if a key belongs to an input method, which composes a text (中文, 日本語).
 *
 * Safari ends the composition before the key that ends it. Only the old code 229 shows that there.
 */
export function isComposing({ isComposing: composes, keyCode }: KeyboardEvent): boolean {
  return composes || keyCode === 229;
}
