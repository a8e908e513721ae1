/** The numbers of a session's entries and events. `visible` ≤ `written` ≤ `assigned`. */
export interface Sequence {
  /** The newest number that an entry or event has. */
  readonly assigned: number;
  /** The newest number that is in a file. */
  readonly written: number;
  /** The newest number that readers may get. */
  readonly visible: number;
}

export function beginSequence(seq: number): Sequence {
  return { assigned: seq, written: seq, visible: seq };
}

export function assign(sequence: Sequence, count: number): Sequence {
  const { assigned, written, visible } = sequence;
  return { assigned: assigned + count, written, visible };
}

export function wrote(sequence: Sequence, seq: number): Sequence {
  const { assigned, written, visible } = sequence;
  return { assigned, written: Math.max(written, seq), visible };
}

/**
 * Returns the sequence after a failed write. Numbers that are in no file are free again if the
 * write was undone. Otherwise they may be in a file, and are never assigned a second time.
 */
export function failed(sequence: Sequence, { undone }: { undone: boolean }): Sequence {
  const { assigned, written } = sequence;
  return undone ? { ...sequence, assigned: written } : { ...sequence, written: assigned };
}

export function shown(sequence: Sequence, seq: number): Sequence {
  const { assigned, written, visible } = sequence;
  return { assigned, written, visible: Math.max(visible, seq) };
}
