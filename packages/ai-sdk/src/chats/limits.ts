/** The beginning of the keys of all sessions of AI SDK clients, over sockets and HTTP. */
export const KEY_PREFIX = "ai:";

/** The largest request: a client sends its whole history, with files and results. 32 MiB. */
export const MAX_REQUEST_BYTES = 33_554_432;
