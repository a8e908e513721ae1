import { DefaultChatTransport, WebSocketChatTransport } from "ai";
import { createRoot } from "react-dom/client";
import { ChatPage } from "./chat.jsx";

const api = "/api/chat";
const messages = await (await fetch(`${api}/main`)).json();
const chat =
  location.search === "?http"
    ? {
        transport: new DefaultChatTransport({ api }),
        onStop: () => fetch(`${api}/main/stop`, { method: "POST" }),
      }
    : { transport: new WebSocketChatTransport({ url: "/chat", protocols: ["ai-sdk-7"] }) };
createRoot(document.body).render(<ChatPage messages={messages} {...chat} />);
