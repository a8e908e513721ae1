/**
 * The types of `@mini-openclaw/web-chat/element`, a script for browsers that exports nothing. It
 * defines the element `<mini-openclaw-chat>` when it is imported.
 */
export {};
