/** The code and the text of a close frame. */
export interface CloseReason {
  readonly code: number;
  readonly reason: string;
}

/** The close frames that a gateway sends. Codes do not change between major versions, texts do. */
export const closeReasons = {
  /** Connect again: the gateway stops. */
  goingAway: { code: 1001, reason: "the gateway is stopping" },
  /** Send fewer frames ahead. */
  tooManyFrames: { code: 1008, reason: "too many frames at once" },
  /** Read the errors that the gateway returns. */
  tooManyRefused: { code: 1008, reason: "too many refused frames in a row" },
  /** Send less before the token. */
  tooLong: { code: 1009, reason: "too many bytes before the token" },
  /** Resume: the gateway could not read the events that the client missed. */
  unreadable: { code: 1011, reason: "the session could not be read" },
  /** Connect again later: the gateway could not open a session. */
  noSession: { code: 1011, reason: "no session could be opened" },
  /** Ask the app's developers: their dialect failed. */
  dialectFailed: { code: 1011, reason: "the dialect failed" },
  /** Send the token as the first frame. */
  noToken: { code: 4401, reason: 'expected {"type":"auth","token":"…"}' },
  /** Get the right token before you connect again. */
  wrongToken: { code: 4401, reason: "wrong token" },
  /** Wait a minute before you connect again. */
  tooManyWrongTokens: { code: 4401, reason: "too many wrong tokens" },
  /** Send the token sooner. */
  tokenTimeout: { code: 4408, reason: "no token in time" },
} as const satisfies Record<string, CloseReason>;
