// Enough for 256 ids. A call of the system for 16 bytes costs four fifths of an id.
const POOL_BYTES = 4096;
const ID_BYTES = 16;

/**
 * Creates a function that returns 16 random bytes at each call, from a pool. Later calls overwrite
 * them, so the caller must not keep them.
 */
export function createRandomSource(): () => Uint8Array {
  const pool = new Uint8Array(POOL_BYTES);
  let used = POOL_BYTES;
  return () => {
    if (used === POOL_BYTES) {
      crypto.getRandomValues(pool);
      used = 0;
    }
    used += ID_BYTES;
    return pool.subarray(used - ID_BYTES, used);
  };
}
