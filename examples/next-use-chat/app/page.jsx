import { answerChat } from "../gateway.mjs";
import { Chat } from "./chat.jsx";

export default async function Page({ searchParams }) {
  const answer = await answerChat(new Request("http://localhost/api/chat/main"));
  return <Chat messages={await answer.json()} isHttp={"http" in (await searchParams)} />;
}
