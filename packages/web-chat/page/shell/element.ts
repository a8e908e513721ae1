import { MiniOpenClawChat } from "./chat-element.ts";

const NAME = "mini-openclaw-chat";

// A page may load this file twice, such as from two bundles.
if (!customElements.get(NAME)) customElements.define(NAME, MiniOpenClawChat);
