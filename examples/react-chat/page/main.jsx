import { createRoot } from "react-dom/client";
import { Chat } from "./chat.jsx";

createRoot(document.body).render(<Chat url="/claw" />);
