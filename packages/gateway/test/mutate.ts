/** A whole number from 0 to below `end`. */
export type Random = (end: number) => number;

/** The same numbers for the same seed: xorshift32. */
export function randomNumbers(seed: number): Random {
  // Consecutive seeds begin far from each other, and 0 would stay 0.
  let state = Math.imul(seed + 1, 0x9e3779b1) | 1;
  return (end) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % end;
  };
}

// Bytes that parsers get wrong more often than others.
const tokens = [
  "\0",
  "\r\n",
  "\n",
  '"',
  "\\",
  "{",
  "}",
  "[",
  ",",
  ":",
  "null",
  "-1",
  "1e999",
  "\ud800",
  "\ufeff",
  "__proto__",
];

/**
 * Changes bytes at random: flips bits, cuts, doubles and moves pieces, and inserts bytes that
 * parsers get wrong.
 */
export function mutate(bytes: Buffer, random: Random): Buffer {
  let mutated = Buffer.from(bytes);
  for (let times = 1 + random(4); times > 0; times -= 1) mutated = mutateOnce(mutated, random);
  return mutated;
}

function mutateOnce(bytes: Buffer, random: Random): Buffer<ArrayBuffer> {
  const at = random(bytes.length + 1);
  const to = at + random(Math.min(bytes.length - at, 64) + 1);
  const [before, piece, after] = [bytes.subarray(0, at), bytes.subarray(at, to), bytes.subarray(to)];
  switch (random(6)) {
    case 0: {
      const turned = Buffer.from(bytes);
      if (at < turned.length) turned[at] = (turned[at] ?? 0) ^ (1 << random(8));
      return turned;
    }
    case 1:
      return Buffer.concat([before, after]);
    case 2:
      return Buffer.concat([before, piece, piece, after]);
    case 3:
      return Buffer.concat([after, piece, before]);
    case 4:
      return Buffer.concat([before, Buffer.from(tokens[random(tokens.length)] ?? ""), after]);
    default:
      return Buffer.concat([
        before,
        Buffer.from(Array.from({ length: random(32) }, () => random(256))),
        after,
      ]);
  }
}
