// Limits of https://core.telegram.org/bots/api. The comments of @grammyjs/types repeat most of them.
// Clients compare the texts of errors, so that they are those of the real server, whose source is
// public: https://github.com/tdlib/telegram-bot-api and https://github.com/tdlib/td.
export const limits = {
  textChars: 4096,
  captionChars: 1024,
  callbackTextChars: 200,
  buttonBytes: 64,
  /** 10 MiB, which the error of the real server names. */
  photoBytes: 10_485_760,
  /** Width and height together. */
  photoSides: 10_000,
  photoRatio: 20,
  downloadBytes: 20_971_520,
  updates: 100,
};

/** An answer with `ok: false`. */
export class Refused extends Error {
  /** @param {number} code @param {string} description @param {object} [parameters] */
  constructor(code, description, parameters) {
    super(description);
    this.code = code;
    this.parameters = parameters;
  }
}

/** @param {string} reason */
export const badRequest = (reason) => new Refused(400, `Bad Request: ${reason}`);

/**
 * Returns a text as the server saves it, or throws its error.
 * @param {unknown} text
 */
export function checkText(text) {
  // With `u`, a whole pair is no surrogate.
  if (/\p{Surrogate}/u.test(String(text))) throw badRequest("strings must be encoded in UTF-8");
  const saved = typeof text === "string" ? clean(text) : "";
  if (saved === "") throw badRequest("message text is empty");
  if (saved.length > limits.textChars) throw badRequest("message is too long");
  return saved;
}

/** @param {unknown} caption */
export function checkCaption(caption) {
  if (typeof caption === "string" && clean(caption).length > limits.captionChars)
    throw badRequest("message caption is too long");
}

/** @param {unknown} text */
export function checkCallbackText(text) {
  if (typeof text === "string" && text.length > limits.callbackTextChars)
    throw badRequest("MESSAGE_TOO_LONG");
}

/** @param {import("./fake-bot-api.js").Keyboard | undefined} keyboard */
export function checkKeyboard(keyboard) {
  for (const { callback_data: data } of keyboard?.inline_keyboard.flat() ?? []) {
    const bytes = Buffer.byteLength(data);
    if (bytes < 1 || bytes > limits.buttonBytes) throw badRequest("BUTTON_DATA_INVALID");
  }
}

/**
 * Returns the size of a photo, or throws the server's error.
 * @param {unknown} photo
 */
export function checkPhoto(photo) {
  const bytes = Buffer.isBuffer(photo) ? photo : Buffer.alloc(0);
  if (bytes.length > limits.photoBytes)
    throw badRequest(
      `file of size ${bytes.length} bytes is too big for a photo; the maximum size is ${limits.photoBytes} bytes`,
    );
  const size = sizeOf(bytes);
  if (!size) throw badRequest("IMAGE_PROCESS_FAILED");
  const { width, height } = size;
  const ratio = Math.max(width / height, height / width);
  if (width + height > limits.photoSides || ratio > limits.photoRatio)
    throw badRequest("PHOTO_INVALID_DIMENSIONS");
  return size;
}

/**
 * Returns the size of a PNG. Another image counts as a pixel.
 * @param {Buffer} bytes
 */
function sizeOf(bytes) {
  const start = bytes.subarray(0, 4).toString("hex");
  if (start === "89504e47") return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
  return start.startsWith("ffd8ff") ? { width: 1, height: 1 } : undefined;
}

/**
 * Changes a text as `clean_input_string` and `strip_empty_characters` of td/telegram/misc.cpp do
 * (commit 02d645a): controls become spaces, carriage returns and some format characters go, and a
 * text without a visible character is empty.
 * @param {string} text
 */
function clean(text) {
  const cleaned = text
    .replaceAll(/[^\P{Cc}\n\r\u007F-\u009F]/gu, " ")
    .replaceAll(/\r|[\u2028-\u202E]|\u0333|\u033F|\u030A/g, "")
    .replaceAll(/^[ \n]+|[ \n]+$/g, "");
  return /^[ \n\u200B-\u200F\uFEFF\u00A0]*$/.test(cleaned) ? "" : cleaned;
}
