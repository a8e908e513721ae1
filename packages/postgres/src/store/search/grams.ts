const FIRST_NON_ASCII = 0x80;
const BLANK = 0x20;
// A bit that no group of three has.
const PHRASE = 2 ** 28;

// One dimension, no nulls, the type, the number of elements, and the number of the first one.
const INTEGER_OID = 23;
const INTEGER_BYTES = 4;
const HEADER_BYTES = 5 * INTEGER_BYTES;
// The length of an element, and the element.
const ELEMENT_BYTES = 2 * INTEGER_BYTES;
// A position of a text has a group of three, and mostly none for a phrase.
const MAX_GROUPS = 2;
const FIRST_BYTES = 65_536;
// The groups of a batch of messages of ordinary length.
const MAX_KEPT_BYTES = 4_194_304;

const SLOT_BITS = 15;
// A large odd number, which spreads neighbours.
const SPREAD = 0x9e3779b1;

/**
 * Slots with a group and the number of the text that has it. A group that lost its slot to another
 * one is written twice, which changes no search.
 */
const seen = new Int32Array(2 * 2 ** SLOT_BITS);
let textNumber = 0;

/**
 * The character groups of texts, one after the other, as an array in the binary format of
 * PostgreSQL. It costs both sides a fraction of its text.
 */
export class GramArray {
  #view = createView(FIRST_BYTES);
  #end = HEADER_BYTES;

  get count(): number {
    return (this.#end - HEADER_BYTES) / ELEMENT_BYTES;
  }

  /**
   * Adds the groups of a text in lower case. A text that contains another one has all groups of it.
   *
   * A pair with a character beyond ASCII is a group, so that two characters of Chinese are found.
   * Within ASCII a group has three characters, because there are few pairs. Two characters on each
   * side of a blank are a group too, by which two frequent words in a row are found.
   */
  add(lowerCase: string): void {
    this.#reserve(MAX_GROUPS * ELEMENT_BYTES * lowerCase.length);
    this.#end = writeGrams(this.#view, this.#end, lowerCase);
  }

  /** Returns the bytes of the array, until the next change. */
  toBinary(): Buffer {
    const header = [1, 0, INTEGER_OID, this.count, 1];
    for (const [index, field] of header.entries()) this.#view.setInt32(INTEGER_BYTES * index, field);
    return Buffer.from(this.#view.buffer, 0, this.#end);
  }

  toNumbers(): number[] {
    return Array.from({ length: this.count }, (_, index) =>
      this.#view.getInt32(HEADER_BYTES + ELEMENT_BYTES * index + INTEGER_BYTES),
    );
  }

  /** Removes all groups. Keeps the memory, because new buffers cause garbage collections. */
  clear(): void {
    if (this.#view.byteLength > MAX_KEPT_BYTES) this.#view = createView(FIRST_BYTES);
    this.#end = HEADER_BYTES;
  }

  #reserve(bytes: number): void {
    const { buffer, byteLength } = this.#view;
    const needed = this.#end + bytes;
    if (needed <= byteLength) return;
    const view = createView(Math.max(needed, 2 * byteLength));
    new Uint8Array(view.buffer).set(new Uint8Array(buffer, 0, this.#end));
    this.#view = view;
  }
}

/** Returns the groups of a text in lower case as 32-bit integers. */
export function gramsOf(lowerCase: string): number[] {
  const grams = new GramArray();
  grams.add(lowerCase);
  return grams.toNumbers();
}

/** Creates room for elements, which have the length of each already. */
function createView(bytes: number): DataView {
  const view = new DataView(new ArrayBuffer(bytes));
  for (let at = HEADER_BYTES; at + INTEGER_BYTES <= bytes; at += ELEMENT_BYTES) {
    view.setInt32(at, INTEGER_BYTES);
  }
  return view;
}

/** Writes the groups of a text from an offset on. Returns the offset after them. */
function writeGrams(view: DataView, offset: number, text: string): number {
  let end = offset;
  textNumber = (textNumber + 1) | 0;
  const push = (gram: number) => {
    const slot = 2 * (Math.imul(gram, SPREAD) >>> (32 - SLOT_BITS));
    if (seen[slot] === gram && seen[slot + 1] === textNumber) return;
    seen[slot] = gram;
    seen[slot + 1] = textNumber;
    view.setInt32(end + INTEGER_BYTES, gram);
    end += ELEMENT_BYTES;
  };
  const codeAt = (index: number) => (index < text.length ? text.charCodeAt(index) : FIRST_NON_ASCII);
  let first = codeAt(0);
  let second = codeAt(1);
  for (let index = 2; index <= text.length; index += 1) {
    const third = codeAt(index);
    if (first >= FIRST_NON_ASCII || second >= FIRST_NON_ASCII) push((first << 16) | second);
    else if (third < FIRST_NON_ASCII) {
      push((first << 14) | (second << 7) | third);
      if (third === BLANK) {
        const fourth = codeAt(index + 1);
        const fifth = codeAt(index + 2);
        const isPhrase = fourth < FIRST_NON_ASCII && fifth < FIRST_NON_ASCII;
        if (isPhrase) push(PHRASE | (first << 21) | (second << 14) | (fourth << 7) | fifth);
      }
    }
    first = second;
    second = third;
  }
  return end;
}
